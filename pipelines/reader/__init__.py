"""An archive for those who only read it: batch jobs, commands, notebooks.

    from pipelines.reader import Archive

    for article in Archive("archive").articles(site="example"):
        print(article.date_published, article.title)

Owns what of an archive can be asked for, and how it is found. Must not know Scrapy or Twisted, and takes no lock: a
file without `.open` never changes, and of the others the store says how far they count.
"""

from pipelines.reader.archive import Archive
from pipelines.reader.linefiles import require_archive, sealed_paths
from pipelines.records import ArticleRecord, FetchRecord, Manifest

__all__ = ["Archive", "ArticleRecord", "FetchRecord", "Manifest", "require_archive", "sealed_paths"]
