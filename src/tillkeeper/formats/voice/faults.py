"""The fault table: what can be wrong with a terminal, in words. Codes are those of practice.md section 9. Pure."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault, in both languages."""

    code: str
    en: str
    zh: str
    en_check: str = ""  # the cheapest thing to try first
    zh_check: str = ""


_ALL: Final = (
    Fault(
        "H-PRT-PAPER",
        "no or wrong paper, or the door is open",
        "缺纸、纸张不符或仓盖打开",
        "check the roll, its width and the latch",
        "检查纸卷方向、纸宽和仓盖锁扣",
    ),
    Fault(
        "H-PRT-HEAT",
        "print head overheated",
        "打印头过热",
        "let it rest for 5 to 10 minutes, lower the density",
        "静置 5 至 10 分钟，降低打印浓度",
    ),
    Fault(
        "H-PRT-HEAD",
        "print head worn or dirty",
        "打印头磨损或脏污",
        "clean the head, print the test pattern",
        "清洁打印头，打印自检样张",
    ),
    Fault(
        "H-PRT-MOTOR",
        "printer motor or mechanism",
        "打印电机或机芯故障",
        "open, take scraps out, check the roller",
        "打开机盖，清除纸屑，检查胶辊",
    ),
    Fault(
        "H-PRT-JAM",
        "paper jam",
        "卡纸",
        "open, take scraps out, check the roller",
        "打开机盖，清除纸屑，检查胶辊",
    ),
    Fault(
        "H-PWR-ADP",
        "adapter, cable or dock",
        "电源适配器、线缆或底座故障",
        "another socket, another adapter, clean the pins",
        "更换插座或适配器，清洁触点",
    ),
    Fault("H-BAT-WEAR", "battery worn", "电池老化", "swap the battery", "更换电池"),
    Fault(
        "H-BAT-SWELL",
        "battery swelling or too hot",
        "电池鼓包或过热",
        "stop using it at once",
        "立即停止使用",
    ),
    Fault(
        "H-ICC",
        "chip reader",
        "芯片卡读卡器故障",
        "try another card, clean the contacts",
        "换卡测试，清洁触点",
    ),
    Fault(
        "H-MSR",
        "stripe reader",
        "磁条读卡器故障",
        "try another card, clean the head",
        "换卡测试，清洁磁头",
    ),
    Fault(
        "H-NFC",
        "contactless reader",
        "非接读卡器故障",
        "try another card, take metal away",
        "换卡测试，移开金属物",
    ),
    Fault("H-KEY", "keypad", "键盘故障"),
    Fault("H-TP", "touch panel", "触摸屏故障"),
    Fault("H-SCR", "display", "显示屏故障"),
    Fault("H-CAM", "scanner or camera", "扫码头或摄像头故障"),
    Fault("H-SPK", "speaker", "扬声器故障"),
    Fault(
        "H-TAMPER",
        "tampering found",
        "触发防拆",
        "do not reset: isolate it and tell the risk officers",
        "不得复位：隔离机具并通知风险人员",
    ),
    Fault("H-RTC", "clock wrong", "时钟不准", "synchronise the time", "校时"),
    Fault("H-COIN", "coin cell", "纽扣电池耗尽"),
    Fault(
        "S-OS",
        "firmware or operating system",
        "固件或操作系统异常",
        "restart; compare the version",
        "重启并核对版本",
    ),
    Fault(
        "S-APP",
        "payment application",
        "支付应用异常",
        "clear the cache, load the parameters again",
        "清缓存，重新下载参数",
    ),
    Fault("S-KEY", "key missing or wrong", "密钥缺失或错误", "sign in again", "重新签到"),
    Fault(
        "S-CERT",
        "certificate expired, or clock wrong",
        "证书过期或时钟错误",
        "compare time and expiry",
        "核对时间与证书有效期",
    ),
    Fault("S-STORAGE", "storage full", "存储空间不足", "purge logs", "清理日志"),
    Fault(
        "N-SIM",
        "SIM in arrears, expired or unseated",
        "SIM 卡欠费、过期或松动",
        "reseat it; ask for its balance",
        "重新插卡，查询余额",
    ),
    Fault(
        "N-SIG",
        "weak mobile signal",
        "移动信号弱",
        "move it, try another carrier",
        "移动位置或更换运营商",
    ),
    Fault("N-WIFI", "Wi-Fi", "Wi-Fi 异常", "look at the access point", "检查无线接入点"),
    Fault(
        "N-LAN", "network", "网络异常", "look at cable, router and line", "检查网线、路由器和线路"
    ),
    Fault("N-APN", "wrong APN", "APN 配置错误"),
    Fault("N-FW", "firewall or DNS", "防火墙或 DNS 异常"),
    Fault("U-OPER", "operated wrongly", "操作不当"),
    Fault(
        "U-SET",
        "wrong settings",
        "参数设置错误",
        "compare the parameters with the ledger",
        "与台账核对参数",
    ),
    Fault(
        "E-TEMP",
        "too hot or too cold",
        "环境温度异常",
        "move it out of the sun",
        "避免日晒，移动位置",
    ),
    Fault("E-HUM", "too damp", "环境湿度过高"),
    Fault("E-DUST", "dust", "粉尘"),
    Fault("E-EMI", "interference", "电磁干扰"),
    Fault(
        "E-POWER",
        "the site has no power",
        "网点停电",
        "call the site before anybody drives",
        "先致电网点，勿急于派工",
    ),
    Fault(
        "B-HOST",
        "the acquirer's host",
        "收单主机异常",
        "send nobody: it is not the terminal",
        "不要派工：不是机具的问题",
    ),
    Fault("B-ACQ", "the acquirer's records", "收单侧资料问题"),
    Fault("B-MER", "the merchant's standing", "商户状态异常"),
    Fault("P-POLICY", "our own policy", "触发本方策略", "show the reason", "查看原因"),
    Fault("P-CLONE", "two of one serial number", "同一序列号出现两台"),
)
FAULTS: Final = MappingProxyType({fault.code: fault for fault in _ALL})
NUMBER: Final = MappingProxyType({fault.code: place for place, fault in enumerate(_ALL)})


def fault_words(code: str, language: str) -> str:
    """Return what a fault code means, in Chinese for any `zh`, else in English; an unknown code stands for itself."""
    fault = FAULTS.get(code)
    if fault is None:
        return code
    return fault.zh if language.startswith("zh") else fault.en
