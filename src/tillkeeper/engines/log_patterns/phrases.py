"""Phrases that mean a fault, whoever wrote the line. Pure data, read by `known`.

A block begins with the fault's code and the phrase's name, which is stable: what people decide about it is kept under
it. The lines below it are regular expressions, any of which is enough; case does not matter. They see lines with
numbers, times, addresses and paths masked.
"""

from typing import Final

PHRASES_TEXT: Final = r"""
[H-TAMPER] tampered
tamper(ed|ing)?[ _]?(detected|error|alarm|triggered|event)
(device|terminal|reader) (was |is |has been )?tampered
拆机|防拆(触发|报警)

[H-PRT-PAPER] paper out
(out of|no) paper|paper[ _]?(out|empty)\b
缺纸|打印机无纸

[H-PRT-PAPER] printer cover open
(printer|paper)[ _](cover|lid|door)( is|:)? ?open(ed)?\b
(纸仓|仓)盖(打开|未关)

[H-PRT-HEAT] printer overheated
print(er)?( ?head)?[^,;]{0,20}over[ -]?heat
打印(头|机)过热

[H-PRT-JAM] paper jam
paper[ _]?jam|cutter (jam|error)
卡纸

[H-PRT-MOTOR] printer motor
print(er)? motor (error|fault|stall)|feed motor (error|fault|stall)

[H-PWR-ADP] low voltage
(low|under)[ -]?voltage
电压过低|欠压

[H-BAT-WEAR] battery worn
battery (health|capacity) (is )?(low|poor|bad)|replace (the )?battery

[H-BAT-SWELL] battery hot
battery (temp\w*|over)[^,;]{0,12}(high|hot|heat)
电池(过热|鼓包|膨胀)

[H-ICC] chip reader
\b(icc?|chip|emv)[ _]?(card )?(read(er)?)[ _]?(error|fail\w*|timeout)
IC卡(读取|读卡)(失败|错误)

[H-MSR] stripe reader
\b(msr|mag(netic)?[ _-]?stripe?)[^,;]{0,20}(error|fail\w*)
磁(条|道)卡?(读取|读卡)?(失败|错误)

[H-NFC] contactless reader
\b(nfc|rf|contactless|picc|pcd)[ _][^,;]{0,20}(error|fail\w*|not respond\w*)
非接(读卡)?(失败|错误)

[H-RTC] clock wrong
\brtc\b[^,;]{0,20}(error|fail\w*|invalid|lost)|clock (is )?not set

[S-KEY] key missing
(no|missing|lost)[ _]?(working|master|session|mac|pin|tmk|twk|dukpt)[ _]?key
kcv[^,;]{0,12}(fail\w*|mismatch|error)
mac (check|verif\w+)[^,;]{0,12}(fail\w*|error)
(工作|主)密钥(缺失|丢失|错误)

[S-CERT] certificate
certificate[^,;]{0,30}(expired|not (yet )?valid|unknown|untrusted)
(tls|ssl)[ _]?handshake[^,;]{0,20}(fail\w*|error)
证书(过期|无效|错误)

[S-STORAGE] storage full
no space left|(disk|storage|flash|database or disk) (is )?full|ENOSPC
存储空间不足

[S-APP] application crash
FATAL EXCEPTION|uncaught exception|\bANR in\b
app(lication)? (has )?(crashed|died|stopped unexpectedly)

[S-OS] system crash
kernel panic|boot ?loop|segfault|SIGSEGV
watchdog[^,;]{0,20}(reset|reboot|bite|timeout)

[N-SIM] SIM card
\bsim\b[^,;]{0,20}(absent|removed|not (inserted|ready|detected)|locked|denied)|registration denied
SIM卡?(未插入|异常|欠费)

[N-SIG] weak signal
(no|weak|poor|lost)[ _]?(signal|network service|network coverage)|out of service area
(无|弱)信号

[N-WIFI] wireless network
wi-?fi[^,;]{0,30}(disconnect\w*|auth\w* fail\w*|assoc\w* (fail|reject)\w*|no ip)
dhcp[^,;]{0,12}(fail\w*|timeout)|captive portal

[N-FW] host unreachable
(connect\w*|host|socket)[^,;]{0,30}(timed? ?out|refused|unreachable)
(no route to|unknown) host
连接(主机|服务器)?(超时|失败|被拒绝)

[N-LAN] name not found
\bdns\b[^,;]{0,20}(fail\w*|error|timeout)|unable to resolve host|getaddrinfo

[U-SET] parameters
(tid|mid|terminal id|merchant id|parameter)[^,;]{0,20}(mismatch|missing|not found|invalid)
(商户号|终端号|参数)(不符|缺失|错误)
"""
