import FileSystem
import Git

/// What DVC kept in each commit, as its files in git say.
final class DVCHistory {
    /// The outputs of a commit, by path.
    typealias Outputs = [RelativePath: DVCOutput]

    private let repository: Repository
    private let finder: GitFileFinder
    private var read: [Key: Reading] = [:]
    /// Why outputs of HEAD cannot be read, by path.
    private(set) var unsupported: [RelativePath: DVCError] = [:]

    /// What a reading depends on: the file's place and content, and that of the `dvc.yaml` beside it.
    private struct Key: Hashable {
        let file: GitFileFinder.File
        let definitions: GitObjectID?
    }

    private typealias Reading = (outputs: [DVCOutput], unsupported: [(RelativePath, String)])

    init(_ repository: Repository) {
        self.repository = repository
        finder = GitFileFinder(repository) { name in
            name.elementsEqual("dvc.lock".utf8)
                // ".dvc" alone is the folder of settings.
                || (name.count > 4 && name.suffix(4).elementsEqual(".dvc".utf8))
        }
    }

    /// The folders of a commit that hold files of DVC's, with those above them.
    func folders(at commit: GitObjectID) throws -> Set<RelativePath> {
        var folders: Set<RelativePath> = [.root]
        for file in try finder.files(at: commit) {
            var folder = file.path.parent
            while let next = folder, folders.insert(next).inserted { folder = next.parent }
        }
        return folders
    }

    /// The outputs of a commit.
    ///
    /// - Throws: ``DVCError/unreadable(_:commit:reason:)``.
    func outputs(at commit: GitObjectID) throws -> Outputs {
        var outputs: Outputs = [:]
        unsupported = [:]
        for file in try finder.files(at: commit) {
            let reading = try self.reading(file, commit)
            for output in reading.outputs { outputs[output.path] = output }
            for (path, reason) in reading.unsupported {
                unsupported[path] = .unsupported(path, in: file.path, reason: reason)
            }
        }
        return outputs
    }

    private func reading(_ file: GitFileFinder.File, _ commit: GitObjectID) throws -> Reading {
        let isLock = file.path.name.elementsEqual("dvc.lock".utf8)
        let definitionsPath = (file.path.parent ?? .root).appending(RelativePath(unchecked: Array("dvc.yaml".utf8)))
        let definitions = isLock ? try repository.fileID(of: definitionsPath, at: commit) : nil
        let key = Key(file: file, definitions: definitions)
        if let known = read[key] { return known }
        let reader = DVCReader(file: file.path)
        let text = try repository.contents(of: file.id)
        let reading: Reading
        do throws(DVCReader.Failure) {
            if isLock {
                let yaml = try? definitions.map { try repository.contents(of: $0) }
                reading = try reader.outputs(ofLock: text, definitions: yaml ?? nil)
            } else {
                reading = try reader.outputs(ofFile: text)
            }
        } catch {
            throw DVCError.unreadable(file.path, commit: commit, reason: error.reason)
        }
        read[key] = reading
        return reading
    }
}
