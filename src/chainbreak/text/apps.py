"""Names of apps: quoted before a word such as APP, behind one such as 下载, or known tools for meeting and control."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainbreak.text.page import Found, Page

_WORD = r"(?:APP|app|App|软件|应用(?!商店)|客户端|平台|会议(?!室)|小程序|浏览器)"
_QUOTED = re.compile(
    r"[“\"「『《【](?P<n>[^“”\"「」『』《》【】\n,。]{1,20}?)(?: ?(?:APP|app|App|软件)[”\"」』》】]|"
    rf"[”\"」』》】](?:这个|的)?(?: ?手机)?(?: ?{_WORD}))"
)
_CUED_QUOTED = re.compile(
    r"(?:下载|安装|装了?|让其用|要其用|APP|app|App|软件|登录)(?:并安装|了|一个|一款|名为|叫做?|的){0,3}"
    r"[“\"「『《【](?P<n>[^“”\"「」『』《》【】\n,。]{1,20})[”\"」』》】]"
)
_CUED = re.compile(
    r"(?:下载|安装|注册|登录|打开|使用|用|在|通过|名叫|名为|叫|装)"
    rf"(?P<n>[\u4e00-\u9fffA-Za-z0-9·]{{2,16}}?) ?(?:的)?(?P<word>{_WORD})(?![A-Za-z])"
)
_WORKED_IN = re.compile(
    r"在[“\"「『《【](?P<n>[^“”\"「」『』《》【】\n,。]{1,20})[”\"」』》】](?:上|里|内|中)"
    r"(?:操作|投资|理财|充值|下单|刷单|做单|做任务|购买|注册|提现|买入|交易|贷款|申请)"
)
_KNOWN = re.compile(
    r"(?P<n>腾讯会议|全时云会议|好视通|会畅通讯|小鱼易连|华为云会议|网易会议|天翼云会议|"
    r"[Zz](?<![A-Za-z0-9].)[Oo]{2}[Mm](?![A-Za-z0-9])|[Tt](?<![A-Za-z0-9].)o[Dd]esk(?![A-Za-z0-9])|[Aa](?<![A-Za-z0-9].)ny[Dd]esk(?![A-Za-z0-9])|[Tt](?<![A-Za-z0-9].)eam[Vv]iewer(?![A-Za-z0-9])|"
    r"(?:瞩目|钉钉|飞书|蓝信|云视讯|企业微信)(?=会议|软件|APP|app|共享)|向日葵(?=远程|软件|APP|app|控制|客户端))"
)
_KNOWN_START = re.compile("[腾全好会小华网天瞩钉飞蓝云企向ZzTtAa]")
PATTERNS = (_QUOTED, _CUED_QUOTED, _WORKED_IN, _CUED, _KNOWN)

_VERBS = re.compile(r".*(?:下载|安装|注册|登录|打开|使用|名叫|名为|叫做?|装|了|在|用|款|通过|一个|让)")
_NO_NAME = re.compile(
    r"[的了其她他我你对让并发这那哪该某一或和及与]|导航|线[上下]|网页|地图|官网|内置|输入|主流|"
    r"(?:服务|采购|媒体|管理|交易|查询|系统|内部|配套|第三方|支付|贷款|招聘|政务)$|指定|手机|银行|聊天|相关|远程|会议|共享|"
    r"杀毒|诈骗|电商|网络|网上|应用|软件|多个|几个|上述|以上|同一|链接|二维码|官方|正规|^(?:APP|app|平台|新|贷款|投资|理财|交易|购物|社交|办公|视频|直播|游戏|金融|网贷|炒股)$"
)


def apps(page: Page) -> Iterator[Found]:
    """Apps by name: lower case, without the word APP."""
    quoted = ((_QUOTED.finditer(page.folded), 0.9), (_CUED_QUOTED.finditer(page.folded), 0.8),
              (_WORKED_IN.finditer(page.folded), 0.7))  # fmt: skip
    for matches, confidence in (*quoted, (page.scan(_KNOWN_START, _KNOWN), 0.95)):
        for match in matches:
            yield Found("app", " ".join(match["n"].lower().split()), *match.span("n"), confidence)
    for match in _CUED.finditer(page.folded):
        verb = _VERBS.match(match["n"])
        start = match.start("n") + (verb.end() if verb else 0)
        name = page.folded[start : match.end("n")]
        # 腾讯会议: that word is the end of the name.
        end = match.end("word" if match["word"] == "会议" else "n")
        if 2 <= len(name) <= 10 and not _NO_NAME.search(name) and not name.isdigit():
            yield Found("app", page.folded[start:end].lower(), start, end, 0.7)
