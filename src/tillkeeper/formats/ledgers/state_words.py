"""The words that ledgers use for a terminal's state, and the state each one means.

The states are those of the terminal's life, written as the lifecycle names them; the words are
those of its Chinese and English documents and of what people write in their lists.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tillkeeper.formats.ledgers.layout import normalise_title

_WORDS: Final = {
    "ordered": "已订购,订购,已下单,在订,在途,待到货,采购中,on order",
    "received": "待检,待验收,已到货,到货,已收货,待入库,arrived,awaiting acceptance",
    "in_stock": (
        "在库,库存,入库,已入库,在仓,仓库,闲置,未使用,未启用,未布放,可用,备机,stock,"
        "in store,spare,available,warehouse,inventory,idle,new"
    ),
    "staging": (
        "配置,配置中,灌密钥,灌装,灌装中,待灌装,密钥灌装,配置/灌密钥,key injection,configuring"
    ),
    "ready": "待装,待安装,待装机,待出库,已灌装,ready to install",
    "issued": "领用,已领用,出库,已出库,领用/出库,待布放,with technician,issue,checked out",
    "installed": "已装待开通,已装机,已安装,待开通,已布放,布放,待激活,安装,deployed",
    "active": (
        "在用,使用中,正常,正常使用,启用,已启用,已开通,开通,已激活,激活,运行,运行中,在线,"
        "营业,在网,正常运行,in use,in service,online,normal,enabled,boarded,live,ok,"
        "working,in production"
    ),
    "suspended": (
        "停机,暂停,停用,已停用,停用中,冻结,已冻结,暂停使用,停止服务,disabled,stopped,"
        "inactive,on hold,frozen"
    ),
    "faulty": (
        "故障,坏机,损坏,报修,已报修,故障机,异常,fault,broken,defective,damaged,out of order"
    ),
    "relocating": "移机,移机中,relocation,moving",
    "withdrawing": "撤机,撤机中,待撤机,待回收,回收中,withdrawal,collecting",
    "returning": (
        "在途回库,退回中,回库中,退库,退库中,已撤机,已撤,已回收,已拆机,拆机,returned,in transit back"
    ),
    "quarantine": "隔离,检测,检测中,待检测,quarantined,under test",
    "repair": (
        "维修,维修中,返厂,返修,送修,返厂维修,维修/返厂,送修中,返修中,in repair,"
        "under repair,rma,repairing"
    ),
    "evidence": "封存,已封存,取证,sealed,sealed as evidence",
    "lost": "遗失,丢失,被盗,失窃,遗失/被盗,已丢失,盘亏,missing,stolen,lost/stolen",
    "scrap_pending": (
        "待报废,报废审批,报废审批中,报废中,拟报废,awaiting scrap,to be scrapped,scrap pending"
    ),
    "scrapped": (
        "报废,已报废,已处置,核销,已核销,已销毁,销毁,注销,已注销,disposed,retired,"
        "written off,destroyed,end of life,decommissioned"
    ),
}
STATES: Final = tuple(_WORDS)
STATE_OF_WORD: Final[Mapping[str, str]] = MappingProxyType(
    {
        normalise_title(word): state
        for state, words in _WORDS.items()
        for word in (state, *words.split(","))
    }
)
FORM_OF_WORD: Final[Mapping[str, str]] = MappingProxyType(
    {
        normalise_title(word): form
        for form, words in {
            "countertop": "台式,台式机,固定,固定式,固话pos,有线,传统pos,desktop,counter top,fixed",
            "mobile": (
                "移动,移动式,手持,手持式,无线,移动pos,智能pos,便携,portable,handheld,"
                "wireless,smart pos"
            ),
            "unattended": "自助,自助式,无人值守,自助终端,kiosk,self service,self-service",
            "pin_pad": "密码键盘,外接密码键盘,pinpad,pin pad",
            "mpos": "mpos,手机pos,蓝牙pos,蓝牙刷卡器,刷卡器",
            "scanner": "扫码盒子,扫码设备,扫码终端,扫码枪,小白盒,qr box,qr scanner",
            "soundbox": "云音箱,收款音箱,音箱,sound box,speaker",
            "tablet": "平板,平板终端,pad",
            "softpos": "手机收款,软pos,soft pos,tap to phone",
        }.items()
        for word in (form, *words.split(","))
    }
)
