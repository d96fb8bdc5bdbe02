"""The table of fields: what a column of a ledger may hold, and the titles it goes by.

Read the synonyms as `columns` does: normalised, best title first. A word that means two things
(`编号`, `名称`) is in no list: a wrong guess costs more than none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, the entity it belongs to, its titles, and the kind of its cells."""

    name: str
    entity: str
    cell: str
    zh: str
    en: str
    synonyms: tuple[str, ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        """All titles the field goes by, the best first."""
        return (self.zh, self.en, self.name, *self.synonyms)


# name | entity | kind of cell | Chinese title | English title | and on indented lines: synonyms
_TABLE: Final = """
serial|terminal|serial|序列号|Serial number|
    机身号,SN,S/N,SN号,SN码,机身序列号,设备序列号,机具序列号,终端序列号,机器序列号,产品序列号,
    出厂序列号,机具编号,机具号,机身编号,机器编号,机器号,设备SN,设备SN号,机具SN,机具SN号,终端SN,
    POS序列号,POS机序列号,POS机编号,设备编号,设备号,出厂编号,Serial,Serial no,Serial num,
    Serial #,Device serial number,Device SN,Terminal serial number,Terminal SN,
    Hardware serial number
tusn|terminal|tusn|终端唯一序列号|TUSN|
    TUSN号,TUSN码,银联序列号,银联终端序列号,终端硬件序列号,硬件序列号,唯一序列号,银联TUSN,
    Terminal unique serial number
model|terminal|text|型号|Model|
    机型,终端型号,设备型号,机具型号,产品型号,机器型号,规格型号,POS型号,POS机型号,POS机型,
    Terminal model,Device model,Model code,Model name
vendor|model|text|厂商|Vendor|
    生产厂商,生产厂家,制造商,制造厂商,厂家,品牌,设备厂商,终端厂商,机具厂商,机具品牌,设备品牌,
    终端品牌,终端厂家,Manufacturer,Maker,Brand,Make
supplier|terminal|text|供应商|Supplier|
    供应商名称,供货商,供货单位,供货厂商,采购供应商,经销商,Supplier name,Distributor,Reseller
merchant_no|merchant|code|商户号|Merchant number|
    商户编号,商户代码,MID,商编,商户ID,银联商户号,收单商户号,内部商户号,受理商户号,特约商户编号,
    特约商户号,所属商户号,绑定商户号,商户NO,Merchant no,Merchant ID,Merchant code
merchant_name|merchant|text|商户名称|Merchant name|
    商户名,商户全称,商户简称,特约商户名称,特约商户,商家名称,商户,所属商户,客户名称,公司名称,
    营业执照名称,签购单名称,Trading name,DBA name,Merchant legal name,Merchant
terminal_id|binding|code|终端号|Terminal ID|
    终端编号,TID,终端代码,银联终端号,终端ID,POS终端号,受理终端号,虚拟终端号,绑定终端号,POS编号,
    POS号,终端NO,Terminal no,Terminal number,Terminal code
acquirer_code|merchant|code|收单机构代码|Acquirer code|
    收单机构号,收单机构编码,收单机构,收单机构编号,受理机构代码,受理机构号,机构代码,收单行代码,
    收单行,Acquirer,Acquirer ID,Acquiring institution,Acquiring institution code
site_code|site|code|门店编号|Site code|
    门店号,门店代码,门店编码,店铺编号,店铺号,店号,分店编号,门店ID,场所编号,安装点编号,网点编号,网点号,网点代码,
    Store code,Store no,Store number,Store ID,Site no,Site ID,Shop code,Location code
site_name|site|text|门店名称|Site name|
    门店,店铺名称,店名,门店名,分店名称,门店简称,场所名称,经营场所名称,安装点名称,布放点名称,
    安装场所,网点,网点名称,Store,Store name,Site,Shop,Shop name,Location name,Outlet,Outlet name
address|site|text|安装地址|Address|
    装机地址,布放地址,地址,详细地址,安装地点,布放地点,装机地点,安装位置,布放位置,存放地点,
    使用地点,商户地址,门店地址,店铺地址,经营地址,营业地址,实际经营地址,终端地址,终端布放地址,
    机具布放地址,机具安装地址,Install address,Installation address,Installed address,
    Site address,Store address,Deployment address,Location,Street address
province|site|text|省份|Province|
    省,所在省,所在省份,省级,安装省份,布放省份,省市自治区,State province,Region
city|site|text|城市|City|
    市,所在市,所在城市,地市,市级,安装城市,布放城市,地级市,Town
latitude|site|latitude|纬度|Latitude|
    布放纬度,安装纬度,地址纬度,Lat
longitude|site|longitude|经度|Longitude|
    布放经度,安装经度,地址经度,Lng,Lon,Long
uscc|merchant|uscc|统一社会信用代码|Unified social credit code|
    社会信用代码,信用代码,统一信用代码,统一社会信用码,统一社会信用代码证号,营业执照号,
    营业执照号码,营业执照编号,营业执照注册号,商户统一社会信用代码,USCC,Credit code,
    Business licence number,Business license number,Business registration number
id_number|merchant|id_number|负责人身份证号|ID number|
    身份证号,身份证,身份证号码,公民身份号码,法人身份证号,法人身份证,法人身份证号码,法人证件号,
    法人证件号码,法定代表人身份证号,负责人身份证,负责人证件号,负责人证件号码,证件号码,证件号,
    经营者身份证号,Id card,Id card number,National id,Resident id number
settlement_account|merchant|account|结算账户|Settlement account|
    结算账号,结算账户号,结算卡号,结算银行账号,结算银行卡号,结算银行账户,收款账号,收款账户,
    商户结算账户,商户结算账号,银行账号,银行账户,开户账号,Settlement account number,
    Settlement account no,Settlement card,Bank account,Bank account number,Account number
mcc|merchant|mcc|商户类别码|MCC|
    MCC码,商户类型,商户类别,商户类别代码,行业代码,行业类别码,Merchant category code,
    Category code
contact|merchant|text|联系人|Contact|
    联系人姓名,商户联系人,门店联系人,负责人,负责人姓名,店长,Contact person,Contact name
phone|merchant|phone|联系电话|Phone|
    电话,手机,手机号,手机号码,电话号码,联系方式,联系手机,联系人电话,联系人手机,联系人手机号,
    商户电话,门店电话,负责人电话,负责人手机,Telephone,Tel,Mobile,Mobile number,Phone number,
    Contact phone,Contact number
organisation|terminal|text|所属机构|Organisation|
    机构,机构名称,所属机构名称,归属机构,所属分公司,分公司,所属分行,分行,支行,所属支行,所属网点,
    归属网点,所属部门,部门,使用部门,管理机构,分支机构,所属单位,
    代理商,代理商名称,所属代理商,服务商,所属服务商,拓展机构,Organization,Branch,Branch name,Org,
    Org code,Agent,Department
state|terminal|state|状态|State|
    终端状态,机具状态,设备状态,使用状态,当前状态,机器状态,资产状态,库存状态,运行状态,POS状态,
    Status,Terminal status,Terminal state,Device status,Current status
received_on|terminal|date|入库日期|Received on|
    入库时间,入库日,到货日期,到货时间,收货日期,验收日期,验收入库日期,Received,Received date,
    Date received,Stock-in date,Stock in date,Receipt date,Delivery date
purchased_on|terminal|date|采购日期|Purchased on|
    采购时间,购买日期,购置日期,购入日期,购买时间,购置时间,购机日期,订购日期,Purchase date,
    Purchased,Date purchased,Order date,Bought on
installed_on|binding|date|安装日期|Installed on|
    装机日期,装机时间,安装时间,布放日期,布放时间,开通日期,开通时间,启用日期,绑定日期,绑定时间,
    Install date,Installation date,Installed,Date installed,Deployed on,Deployment date,
    Activation date
warranty_until|terminal|date|保修到期日|Warranty until|
    保修截止日期,保修截止日,保修期至,保修到期,保修到期日期,保修日期,质保到期日,质保到期,
    质保截止日期,质保期至,维保到期日,Warranty end,Warranty expiry,Warranty expires,
    Warranty end date,Warranty expiry date,Warranty to
price|terminal|money|价格|Price|
    单价,采购价,采购价格,采购单价,购入价格,购置价格,金额,含税单价,原值,资产原值,成本,机具价格,
    设备价格,Cost,Unit price,Purchase price,Unit cost,Amount
currency|terminal|currency|币种|Currency|
    货币,币别,币种代码,Currency code
owner|terminal|text|产权方|Owner|
    产权,产权归属,产权单位,产权所有,所有权,所有者,资产归属,机具产权,设备产权,权属,Ownership,
    Owned by,Asset owner
firmware_version|terminal|code|固件版本|Firmware version|
    固件版本号,固件,系统版本,系统版本号,OS版本,Firmware,FW version,Firmware ver,OS version
hardware_version|terminal|code|硬件版本|Hardware version|
    硬件版本号,Hardware,HW version,Hardware ver
app_version|terminal|code|应用版本|Application version|
    应用版本号,应用程序版本,软件版本,软件版本号,程序版本,程序版本号,App version,Application,
    Software version,SW version
sim_iccid|terminal|code|SIM卡号|SIM ICCID|
    ICCID,ICCID号,SIM卡ICCID,流量卡号,物联卡号,物联网卡号,SIM卡,SIM,SIM number,SIM card,
    SIM card number
asset_tag|terminal|code|资产编号|Asset tag|
    资产编码,资产号,资产标签,资产标签号,固定资产编号,固资编号,固定资产编码,资产卡片编号,
    Asset number,Asset no,Asset ID,Asset code,Inventory number
seal_number|terminal|code|封签号|Seal number|
    封签编号,封条号,铅封号,防拆封签号,防拆标签号,防伪标签号,Seal,Seal no,Security seal,
    Tamper seal
accessories|terminal|text|配件|Accessories|
    附件,随机配件,配件清单,配件明细,附件清单,Accessory,Accessory list
remark|terminal|text|备注|Remark|
    备注说明,说明,备注信息,其他说明,附注,Remarks,Note,Notes,Comment,Comments,Description
network_reference|binding|code|入网回执|Network reference|
    入网回执号,入网回执编号,入网编号,入网流水号,银联入网编号,入网受理号,报备编号,报备回执,
    五要素回执,Network entry reference,Registration reference,Filing reference
model_code|model|code|型号|Model code|
    机型,型号编码,型号代码,机型代码,机型编码,终端型号,设备型号,机具型号,产品型号,规格型号,Model,
    Model no,Model number
model_name|model|text|型号名称|Model name|
    机型名称,产品名称,设备名称,机具名称,名称,Name,Product name
form|model|form|形态|Form|
    终端形态,终端类型,设备类型,机具类型,产品类型,产品形态,类型,机型类别,Form factor,
    Terminal type,Device type,Type,Category
pts_version|model|text|PTS版本|PTS version|
    PCI PTS版本,PCI版本,PTS,PCI PTS,PCI PTS version,PTS POI version
approval_no|model|code|认证编号|Approval number|
    认证号,证书编号,证书号,PCI认证号,PCI认证编号,PTS认证编号,PTS证书编号,银联认证编号,
    银联认证号,入网认证编号,Approval no,Certificate number,Certificate no,PTS approval number,
    PCI approval number
approval_expires_on|model|date|认证到期日|Approval expires on|
    认证到期,认证有效期,认证有效期至,证书到期日,证书到期,证书有效期,证书有效期至,PCI到期日,
    PTS到期日,银联认证到期日,Approval expiry,Approval expiry date,Certificate expiry,Expiry date
end_of_sale_on|model|date|停售日期|End of sale|
    停售日,停产日期,停产日,停止销售日期,EOS,EOL,End of sale date,End of life
end_of_support_on|model|date|停止支持日期|End of support|
    停止支持日,停止维护日期,停服日期,支持截止日期,维护截止日期,EOSL,End of support date,
    End of service
"""


def _field(row: str) -> Field:
    name, entity, cell, zh, en, synonyms = row.split("|")
    return Field(name, entity, cell, zh, en, tuple(synonyms.split(",")))


FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {field.name: field for field in map(_field, _TABLE.strip().replace("\n    ", "").splitlines())}
)
