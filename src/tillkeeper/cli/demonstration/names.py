"""What made-up merchants are called, what they sell, and on which streets they stand. Pure."""

from typing import Final

# Trade | merchant category code | what is written behind the name | in English
TRADES: Final = tuple(
    tuple(line.split("|"))
    for line in """
5411|便利超市|Convenience
5812|小馆|Kitchen
5814|茶饮|Tea House
5462|烘焙坊|Bakery
5912|大药房|Pharmacy
5651|服饰|Clothing
5661|鞋行|Shoes
5732|数码|Digital
5722|电器|Appliances
5211|五金建材|Hardware
5942|书店|Books
5992|花坊|Flowers
7011|客栈|Inn
7230|美发|Hair Studio
8011|门诊部|Clinic
8062|康复医院|Hospital
5541|加油站|Fuel
5499|水果生鲜|Fresh Food
5691|童装|Kids
5941|运动户外|Outdoor
7832|影城|Cinema
8299|培训中心|Learning Centre
4121|出行服务|Mobility
5944|珠宝|Jewellery
""".strip().splitlines()
)
FIRST: Final = "禾云溪松桥梧青南北晨暖拾半慢知闲一木竹石锦澄望归乐宜丰泰恒朴"
SECOND: Final = "记里间坊舍集谷岸屿巷园田井帆穗舟棠桐苑台亭港岭川洲"
ENGLISH: Final = [
    "Bluefinch", "Maplehook", "Copperleaf", "Ninebridge", "Willowmark", "Seastone",
    "Foxlantern", "Greywren", "Saltlane", "Oakmeadow", "Tinroof", "Paperkite", "Redsparrow",
    "Quietbay", "Sunporch", "Hillharbour",
]  # fmt: skip
COMPANY: Final = (
    "有限公司",
    "商贸有限公司",
    "（个体工商户）",
    "连锁有限公司",
    "",
)
# Streets that nearly every Chinese city has.
STREETS: Final = [
    "人民路", "解放路", "中山路", "建设路", "和平路", "新华路", "文化路", "胜利路", "团结路", "光明路",
    "友谊路", "长江路", "黄河路", "迎宾大道", "青年路", "广场路", "站前路", "公园路", "北京路",
    "上海路", "体育路", "学府路", "工业路", "商业街", "步行街", "幸福路", "健康路", "滨河路",
]  # fmt: skip
SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗"
TITLES: Final = ("店长", "经理", "女士", "先生", "老师")
