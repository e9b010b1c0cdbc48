"""
Pack the official divisions into one small file: python tools/pack_areas.py FOLDER_OF_CSV yimen/office/data/areas.txt.xz

Source: china-division 2.7.0 (data of the National Bureau of Statistics, licence WTFPL): the whole country down to townships,
and the villages of 菏泽市, 绥化市, 重庆市永川区 and 鄂州市华容区. The fictional county is added; its codes begin with 99.
"""

import csv
import lzma
import sys
from pathlib import Path

VILLAGES_OF = ("3717", "2312", "500118", "420703")
LEVELS = (("provinces", None), ("cities", "provinceCode"), ("areas", "cityCode"), ("streets", "areaCode"))
FICTIONAL_TOWNS = {
    "城关镇": "东关社区 西关社区 南门社区 北门社区 鼓楼社区 文庙社区 花园社区 河沿社区 车站社区 城南村 城北村 五里铺村",
    "桃源镇": "柳树村 桃园村 杏花村 石磨村 上营村 下营村 双井村 马家窑村 赵家堤村 望湖村 新集村 青山村",
    "柳溪镇": "柳溪村 溪头村 溪尾村 白塔村 松林村 王家湾村 李家湾村 竹园村 泉水村 石门村 大屋村 塘边村",
    "青禾镇": "青禾村 稻香村 麦田村 高粱坡村 豆腐坊村 油坊村 磨坊村 打谷场村 东沟村 西沟村 南坡村 北坡村",
    "石桥镇": "石桥社区 桥东村 桥西村 老街村 新街村 船坞村 渡口村 沙洲村 芦苇荡村 红瓦村 青砖村 三岔口村",
    "梨花乡": "梨花村 梨园村 大梨树村 果品站村 养蜂村 槐树村 榆树村 枣林村 核桃沟村 柿子坪村 板栗坡村 花椒岭村",
    "云岭乡": "云岭村 雾山村 高坪村 半坡村 鹰嘴村 老林村 滴水岩村 茶场村 药材村 羊圈村 风口村 天池村",
    "长河乡": "长河村 河湾村 上游村 中游村 下游村 堤角村 闸口村 鱼塘村 荷花村 菱角村 水车村 古渡村",
}


def main() -> None:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    rows = [row for name, parent in LEVELS for row in read(source / f"{name}.csv", parent)]
    rows += [row for row in read(source / "villages.csv", "streetCode") if row[0].startswith(VILLAGES_OF)]
    rows += fictional()
    text = "\n".join("\t".join(row) for row in rows)
    target.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{len(rows):,} areas, {target.stat().st_size:,} bytes")


def read(path: Path, parent: str | None) -> list[tuple[str, str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row["code"], row["name"], row[parent] if parent else "") for row in csv.DictReader(file)]


def fictional() -> list[tuple[str, str, str]]:
    rows = [("99", "演示省（虚构）", ""), ("9901", "演示市（虚构）", "99"), ("990101", "花城县（虚构）", "9901")]
    for number, (town, villages) in enumerate(FICTIONAL_TOWNS.items(), start=1):
        code = f"990101{number:03d}"
        rows.append((code, town, "990101"))
        rows += [(f"{code}{place:03d}", village, code) for place, village in enumerate(villages.split(), start=1)]
    return rows


if __name__ == "__main__":
    main()
