import FileSystem
import ObjectStore
import Workspace

/// What is said after `add` and `commit`.
extension Session {
    /// A line an artifact: what happened to it, what it holds, and its snapshot.
    func printAdded(_ artifacts: [AddedArtifact], removed: [RelativePath] = [], indentation: String = "") {
        for artifact in artifacts {
            let verb: String =
                if !artifact.isChanged {
                    palette.faint("unchanged")
                } else if artifact.previous == nil {
                    palette.added("new")
                } else {
                    palette.changed("modified")
                }
            let root = artifact.root
            print(
                "\(indentation)\(verb)  \(artifact.path)  \(counted(root.fileCount, "file")), \(size(root.size))  "
                    + palette.id(artifact.snapshot.short))
        }
        for path in removed { print("\(indentation)\(palette.removed("removed"))  \(path)") }
    }

    /// A line: by how much the store grew.
    func printGrowth(_ stored: StoreWriter.Statistics) {
        if stored.objects == 0 { return }
        print("The store grew by \(size(stored.storedBytes)) for \(size(stored.rawBytes)) of new content.")
    }

    /// What was done to working files: a line an artifact.
    func printWritten(_ report: CheckoutReport) {
        for changes in report.artifacts where !changes.changes.isEmpty {
            print(ChangeView(changes, palette).summary)
        }
        if !report.kept.isEmpty {
            print("Local changes were kept in \(counted(report.kept.count, "file")):")
            for path in report.kept.prefix(20) { print("  \(path)") }
            if report.kept.count > 20 { print("  … and \(report.kept.count - 20) more") }
        }
    }
}

extension String {
    /// The text without spaces at its end.
    var trimmingTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
