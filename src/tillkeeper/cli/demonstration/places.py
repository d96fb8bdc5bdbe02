"""Where the estate stands: real provinces, cities and districts, with coordinates of city centres. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

# Region > province (GB/T 2260) > city | name | latitude | longitude | area code | weight | districts
# A `*` before a city: an agent works there, not a branch of our own. The weight says how much trade there is.
_TABLE: Final = """
north 华北
 11 北京市
  1101|北京市|39.9042|116.4074|010|10|东城区,朝阳区,海淀区,丰台区,通州区
 12 天津市
  1201|天津市|39.0842|117.2010|022|5|和平区,河西区,南开区,滨海新区
 13 河北省
  1301|石家庄市|38.0428|114.5149|0311|4|长安区,桥西区,裕华区
  1302|唐山市|39.6309|118.1802|0315|3|路北区,路南区,丰润区
  *1306|保定市|38.8739|115.4646|0312|2|竞秀区,莲池区
 14 山西省
  1401|太原市|37.8706|112.5489|0351|3|小店区,迎泽区,杏花岭区
  *1402|大同市|40.0768|113.3001|0352|1|平城区,云冈区
  *1410|临汾市|36.0882|111.5190|0357|1|尧都区
 15 内蒙古自治区
  1501|呼和浩特市|40.8424|111.7492|0471|2|新城区,回民区,赛罕区
  *1502|包头市|40.6574|109.8403|0472|2|昆都仑区,青山区
  *1506|鄂尔多斯市|39.6086|109.7813|0477|1|东胜区,康巴什区
northeast 东北
 21 辽宁省
  2101|沈阳市|41.8057|123.4315|024|4|和平区,沈河区,铁西区
  2102|大连市|38.9140|121.6147|0411|4|中山区,西岗区,甘井子区
  *2103|鞍山市|41.1087|122.9946|0412|1|铁东区,立山区
 22 吉林省
  2201|长春市|43.8171|125.3235|0431|3|南关区,朝阳区,宽城区
  *2202|吉林市|43.8378|126.5494|0432|1|船营区,昌邑区
  *2224|延边朝鲜族自治州|42.8914|129.5091|0433|1|延吉市
 23 黑龙江省
  2301|哈尔滨市|45.8038|126.5350|0451|3|道里区,南岗区,香坊区
  *2306|大庆市|46.5877|125.1031|0459|1|萨尔图区,让胡路区
  *2310|牡丹江市|44.5513|129.6332|0453|1|东安区,西安区
east 华东
 31 上海市
  3101|上海市|31.2304|121.4737|021|10|黄浦区,徐汇区,静安区,浦东新区,闵行区,杨浦区
 32 江苏省
  3201|南京市|32.0603|118.7969|025|5|玄武区,秦淮区,鼓楼区
  3205|苏州市|31.2989|120.5853|0512|5|姑苏区,虎丘区,吴中区
  *3202|无锡市|31.4912|120.3119|0510|3|梁溪区,滨湖区
 33 浙江省
  3301|杭州市|30.2741|120.1551|0571|6|上城区,西湖区,滨江区,余杭区
  3302|宁波市|29.8683|121.5440|0574|4|海曙区,江北区,鄞州区
  *3303|温州市|27.9938|120.6994|0577|3|鹿城区,瓯海区
 34 安徽省
  3401|合肥市|31.8206|117.2272|0551|4|庐阳区,蜀山区,包河区
  *3402|芜湖市|31.3525|118.4331|0553|1|镜湖区,鸠江区
  *3403|蚌埠市|32.9166|117.3891|0552|1|龙子湖区,蚌山区
 35 福建省
  3501|福州市|26.0745|119.2965|0591|3|鼓楼区,台江区,仓山区
  3502|厦门市|24.4798|118.0894|0592|3|思明区,湖里区
  *3505|泉州市|24.8741|118.6757|0595|3|鲤城区,丰泽区
 36 江西省
  3601|南昌市|28.6820|115.8579|0791|3|东湖区,西湖区,红谷滩区
  *3607|赣州市|25.8310|114.9348|0797|1|章贡区,南康区
  *3604|九江市|29.7051|116.0019|0792|1|浔阳区,濂溪区
 37 山东省
  3701|济南市|36.6512|117.1201|0531|4|历下区,市中区,槐荫区
  3702|青岛市|36.0671|120.3826|0532|5|市南区,市北区,崂山区
  *3706|烟台市|37.4638|121.4479|0535|2|芝罘区,莱山区
central_south 中南
 41 河南省
  4101|郑州市|34.7466|113.6254|0371|5|中原区,二七区,金水区
  4103|洛阳市|34.6197|112.4540|0379|2|西工区,洛龙区
  *4113|南阳市|32.9908|112.5285|0377|1|宛城区,卧龙区
 42 湖北省
  4201|武汉市|30.5928|114.3055|027|6|江岸区,江汉区,武昌区,洪山区
  *4205|宜昌市|30.6919|111.2865|0717|2|西陵区,伍家岗区
  *4206|襄阳市|32.0090|112.1224|0710|1|襄城区,樊城区
 43 湖南省
  4301|长沙市|28.2282|112.9388|0731|5|芙蓉区,天心区,岳麓区
  *4302|株洲市|27.8274|113.1340|0731|1|天元区,芦淞区
  *4304|衡阳市|26.8934|112.5720|0734|1|蒸湘区,雁峰区
 44 广东省
  4401|广州市|23.1291|113.2644|020|8|越秀区,天河区,海珠区,番禺区
  4403|深圳市|22.5431|114.0579|0755|8|福田区,罗湖区,南山区,宝安区
  *4406|佛山市|23.0215|113.1214|0757|4|禅城区,南海区,顺德区
  *4419|东莞市|23.0205|113.7518|0769|4|南城街道,东城街道,虎门镇
 45 广西壮族自治区
  4501|南宁市|22.8170|108.3665|0771|3|青秀区,兴宁区,西乡塘区
  *4503|桂林市|25.2736|110.2907|0773|2|秀峰区,七星区
  *4502|柳州市|24.3264|109.4155|0772|1|城中区,鱼峰区
 46 海南省
  4601|海口市|20.0444|110.1999|0898|2|龙华区,美兰区
  *4602|三亚市|18.2528|109.5119|0898|2|吉阳区,天涯区
southwest 西南
 50 重庆市
  5001|重庆市|29.5630|106.5516|023|7|渝中区,江北区,沙坪坝区,南岸区
 51 四川省
  5101|成都市|30.5728|104.0668|028|8|锦江区,青羊区,武侯区,成华区
  *5107|绵阳市|31.4675|104.6796|0816|2|涪城区,游仙区
  *5111|乐山市|29.5521|103.7660|0833|1|市中区,峨眉山市
 52 贵州省
  5201|贵阳市|26.6470|106.6302|0851|3|南明区,云岩区,观山湖区
  *5203|遵义市|27.7254|106.9274|0851|2|红花岗区,汇川区
 53 云南省
  5301|昆明市|24.8801|102.8329|0871|4|五华区,盘龙区,官渡区
  *5329|大理白族自治州|25.6065|100.2676|0872|1|大理市
  *5307|丽江市|26.8721|100.2330|0888|1|古城区
 54 西藏自治区
  5401|拉萨市|29.6520|91.1721|0891|1|城关区,堆龙德庆区
  *5402|日喀则市|29.2690|88.8806|0892|1|桑珠孜区
northwest 西北
 61 陕西省
  6101|西安市|34.3416|108.9398|029|6|碑林区,莲湖区,雁塔区,未央区
  *6103|宝鸡市|34.3619|107.2373|0917|1|渭滨区,金台区
  *6106|延安市|36.5853|109.4897|0911|1|宝塔区
 62 甘肃省
  6201|兰州市|36.0611|103.8343|0931|2|城关区,七里河区
  *6205|天水市|34.5809|105.7249|0938|1|秦州区,麦积区
  *6209|酒泉市|39.7326|98.4941|0937|1|肃州区,敦煌市
 63 青海省
  6301|西宁市|36.6171|101.7782|0971|1|城中区,城西区
  *6328|海西蒙古族藏族自治州|37.3770|97.3710|0979|1|德令哈市,格尔木市
 64 宁夏回族自治区
  6401|银川市|38.4872|106.2309|0951|1|兴庆区,金凤区
  *6403|吴忠市|37.9973|106.1988|0953|1|利通区
 65 新疆维吾尔自治区
  6501|乌鲁木齐市|43.8256|87.6168|0991|3|天山区,沙依巴克区,水磨沟区
  *6523|昌吉回族自治州|44.0112|87.3082|0994|1|昌吉市
  *6540|伊犁哈萨克自治州|43.9168|81.3241|0999|1|伊宁市
  *6531|喀什地区|39.4704|75.9898|0998|1|喀什市
"""


@dataclass(frozen=True, slots=True)
class City:
    """A city with the node of the tree that answers for it."""

    code: str  # four digits of GB/T 2260
    name: str
    province: str
    region: str
    latitude: float
    longitude: float
    area_code: str
    weight: int
    districts: tuple[str, ...]
    by_agent: bool

    @property
    def node(self) -> str:
        """Code of the node: a city branch, or the agent who works there."""
        return ("A" if self.by_agent else "B") + self.code

    @property
    def province_name(self) -> str:
        """The name of its province."""
        return PROVINCES[self.province].name

    @property
    def short(self) -> str:
        """The name as people say it."""
        for ending in (
            "朝鲜族自治州",
            "白族自治州",
            "蒙古族藏族自治州",
            "回族自治州",
            "哈萨克自治州",
        ):
            if self.name.endswith(ending):
                return self.name.removesuffix(ending)
        return self.name.removesuffix("市").removesuffix("地区")


@dataclass(frozen=True, slots=True)
class Province:
    """A province with its branch."""

    code: str
    name: str
    region: str

    @property
    def node(self) -> str:
        """Code of the provincial branch."""
        return f"B{self.code}"

    @property
    def short(self) -> str:
        """The name as people say it."""
        for ending in ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区"):
            if self.name.endswith(ending):
                return self.name.removesuffix(ending)
        return self.name.removesuffix("省").removesuffix("市")


def _read() -> tuple[dict[str, str], dict[str, Province], dict[str, City]]:
    regions: dict[str, str] = {}
    provinces: dict[str, Province] = {}
    cities: dict[str, City] = {}
    region = province = ""
    for line in _TABLE.strip().splitlines():
        if line.startswith("  "):
            code, name, latitude, longitude, area, weight, districts = line.strip().split("|")
            city = City(
                code.lstrip("*"),
                name,
                province,
                region,
                float(latitude),
                float(longitude),
                area,
                int(weight),
                tuple(districts.split(",")),
                by_agent=code.startswith("*"),
            )
            cities[city.code] = city
        elif line.startswith(" "):
            province, name = line.split()
            provinces[province] = Province(province, name, region)
        else:
            region, regions_name = line.split()
            regions[region] = regions_name
    return regions, provinces, cities


_REGIONS, _PROVINCES, _CITIES = _read()
REGIONS: Final[Mapping[str, str]] = MappingProxyType(_REGIONS)
PROVINCES: Final[Mapping[str, Province]] = MappingProxyType(_PROVINCES)
CITIES: Final[Mapping[str, City]] = MappingProxyType(_CITIES)
