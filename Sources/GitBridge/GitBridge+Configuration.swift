import FileSystem
import Git
import SystemPackage

extension GitBridge {
    /// What git's configuration holds for Vintage. Programs are called by name, so that a new version is used at once.
    static let settings: [(key: String, value: String)] = [
        ("filter.vintage.process", "vintage filter-process"),
        ("filter.vintage.required", "true"),
        ("diff.vintage.textconv", "vintage textconv"),
        ("merge.vintage.name", "vintage: data, file by file"),
        ("merge.vintage.driver", "vintage merge-driver %O %A %B %P"),
        ("merge.vintage.recursive", "vintage-ancestors"),
        ("merge.vintage-ancestors.name", "vintage: data of common ancestors"),
        ("merge.vintage-ancestors.driver", "vintage merge-driver --ancestors %O %A %B %P"),
    ]

    /// What this clone's own attributes say: the merge driver is of this clone, and so is what is merged with it.
    static let attributes = ["/vintage.lock merge=vintage", "/.gitignore merge=vintage"]

    /// Sets git up in this clone: the filter and the summaries of tracked files, and the merges of data.
    ///
    /// What the user has set otherwise stays. Nothing that git tracks is changed.
    public func configureRepository() throws {
        for (key, value) in Self.settings where try repository.configValue(key) == nil {
            try repository.setConfigValue(key, to: value)
        }
        let path = repository.commonDirectory.appending("info").appending("attributes")
        var file = AttributesFile(parsing: try path.contentsIfPresent() ?? [])
        var isChanged = false
        for line in Self.attributes where !file.hasLine(line) {
            file.append(line: Array(line.utf8))
            isChanged = true
        }
        if isChanged {
            try path.removingLastComponent().makeDirectories()
            try path.replaceContents(with: file.encoded())
        }
    }
}
