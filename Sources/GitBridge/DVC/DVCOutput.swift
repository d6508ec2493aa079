import FileSystem
import Yams

/// Data that a file of DVC's names: where it is in the workspace, and what it holds.
struct DVCOutput: Hashable {
    /// What the data is named by.
    enum Content: Hashable {
        /// The MD5 of a file, or of a folder's listing with `.dir` behind it.
        case object(DVCHash)
        /// A folder whose files the `.dvc` file itself lists, as DVC does for versioned buckets.
        case files([DVCListing.File])
    }

    /// Where it is in the workspace.
    let path: RelativePath
    let content: Content
    let isExecutable: Bool
    /// The file that names it.
    let file: RelativePath
    /// The stage that made it; `nil` for data that was added.
    var stage: Stage?

    /// How a stage of a pipeline made its outputs.
    struct Stage: Hashable {
        let name: String
        let command: String
        let dependencies: [RelativePath]
        let parameters: [String: String]
    }

    /// Whether two versions hold the same, whatever names them.
    func holdsSame(as other: DVCOutput) -> Bool { content == other.content && isExecutable == other.isExecutable }
}

/// An MD5 as DVC writes it.
struct DVCHash: Hashable {
    /// 32 hexadecimal digits, and `.dir` for a folder.
    let text: String
    /// Whether it is of DVC 3, which takes a file's bytes as they are; before, line ends of text files were made alike.
    let isPlain: Bool

    init?(_ text: String, isPlain: Bool) {
        let digits = text.hasSuffix(".dir") ? text.dropLast(4) : text[...]
        guard digits.utf8.count == 32,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.text = text
        self.isPlain = isPlain
    }

    var isFolder: Bool { text.hasSuffix(".dir") }
    var digits: Substring { text.prefix(32) }
}

/// Reads what `.dvc` files and `dvc.lock` say.
struct DVCReader {
    /// Why a file cannot be read, as the end of a sentence.
    struct Failure: Error {
        let reason: String
    }

    /// The file that is read.
    let file: RelativePath

    /// The outputs of a `.dvc` file.
    ///
    /// - Returns: also the outputs that cannot be read, each with the reason.
    func outputs(ofFile text: [UInt8]) throws(Failure) -> (outputs: [DVCOutput], unsupported: [(RelativePath, String)])
    {
        guard let root = try Self.document(text) else { return ([], []) }
        let folder = try Self.folder(root["wdir"], in: file.parent ?? .root)
        return try outputs(root["outs"], in: folder, stage: nil)
    }

    /// The outputs of the stages that a `dvc.lock` records.
    ///
    /// - Parameter definitions: the text of the `dvc.yaml` beside it, which alone says in which folder a stage works.
    func outputs(
        ofLock text: [UInt8], definitions: [UInt8]?
    ) throws(Failure) -> (outputs: [DVCOutput], unsupported: [(RelativePath, String)]) {
        guard let root = try Self.document(text) else { return ([], []) }
        // Before its version 2.0 the file was the mapping of stages itself.
        guard let stages = (root["schema"] == nil ? root : root["stages"])?.mapping else { return ([], []) }
        // A definition that cannot be read is git's or the user's business; folders are then those of the file.
        let defined = (try? definitions.map(Self.document))??["stages"]
        var all: (outputs: [DVCOutput], unsupported: [(RelativePath, String)]) = ([], [])
        for (key, stage) in stages {
            guard let name = key.string else { continue }
            // Stages that a loop makes are named after it: "train@first".
            let definition = defined?[String(name.split(separator: "@")[0])]
            let folder = try Self.folder(definition?["wdir"], in: file.parent ?? .root)
            let dependencies = stage["deps"]?.sequence?.compactMap { $0["path"]?.string } ?? []
            let made = DVCOutput.Stage(
                name: name, command: Self.command(stage["cmd"]),
                // What is outside of the workspace is nobody's artifact.
                dependencies: dependencies.compactMap { try? Self.path($0, in: folder) },
                parameters: Self.parameters(stage["params"]))
            let found = try outputs(stage["outs"], in: folder, stage: made)
            all.outputs += found.outputs
            all.unsupported += found.unsupported
        }
        return all
    }

    private func outputs(
        _ list: Node?, in folder: RelativePath, stage: DVCOutput.Stage?
    ) throws(Failure) -> (outputs: [DVCOutput], unsupported: [(RelativePath, String)]) {
        var found: [DVCOutput] = []
        var unsupported: [(RelativePath, String)] = []
        for output in list?.sequence.map(Array.init) ?? [] {
            guard let text = output["path"]?.string else { throw Failure(reason: "an output has no path") }
            if text.contains("://") {
                unsupported.append((file, "it is at \(text), outside of the repository"))
                continue
            }
            let path = try Self.path(text, in: folder)
            let content: DVCOutput.Content
            if let files = output["files"]?.sequence {
                content = .files(try Self.files(Array(files)))
            } else if let hash = output["md5"]?.string {
                let isPlain = output["hash"]?.string == "md5"
                guard let hash = DVCHash(hash, isPlain: isPlain) else {
                    throw Failure(reason: "'\(hash)' of \(path) is no MD5")
                }
                content = .object(hash)
            } else {
                // Data that git keeps, or that was never stored, has no hash.
                if output["cache"]?.string != "false" { unsupported.append((path, "it has no MD5 there")) }
                continue
            }
            let isExecutable = output["isexec"]?.string == "true"
            found.append(
                DVCOutput(path: path, content: content, isExecutable: isExecutable, file: file, stage: stage))
        }
        return (found, unsupported)
    }

    private static func files(_ list: [Node]) throws(Failure) -> [DVCListing.File] {
        var files: [DVCListing.File] = []
        for entry in list {
            guard let name = entry["relpath"]?.string, let path = try? RelativePath(name), !path.isRoot,
                let hash = entry["md5"]?.string.flatMap({ DVCHash($0, isPlain: true) }), !hash.isFolder
            else { throw Failure(reason: "a file in its list has no path or MD5") }
            files.append(
                DVCListing.File(path: path, hash: hash, isExecutable: entry["isexec"]?.string == "true"))
        }
        return files.sorted { $0.path < $1.path }
    }

    // MARK: Parts

    private static func document(_ text: [UInt8]) throws(Failure) -> Node? {
        guard let text = String(validating: text, as: UTF8.self) else { throw Failure(reason: "it is no UTF-8 text") }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            let reason = "\(error)".split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            throw Failure(reason: "it is no YAML (\(reason))")
        }
        guard let root, root.mapping != nil else {
            // An empty file is a document without anything.
            if root?.string?.isEmpty ?? true { return nil }
            throw Failure(reason: "it is no mapping")
        }
        return root
    }

    private static func folder(_ node: Node?, in folder: RelativePath) throws(Failure) -> RelativePath {
        guard let text = node?.string, !text.isEmpty, text != "." else { return folder }
        return try path(text, in: folder)
    }

    /// The path in the workspace that a text means in a folder; `..` leads up.
    private static func path(_ text: String, in folder: RelativePath) throws(Failure) -> RelativePath {
        guard !text.hasPrefix("/") else { throw Failure(reason: "the path \(text) is outside of the repository") }
        var components = folder.components.map(Array.init)
        for component in text.utf8.split(separator: UInt8(ascii: "/")) {
            if component.elementsEqual(".".utf8) { continue }
            if component.elementsEqual("..".utf8) {
                if components.popLast() == nil {
                    throw Failure(reason: "the path \(text) is outside of the repository")
                }
            } else {
                components.append(Array(component))
            }
        }
        do throws(InvalidPath) {
            return try RelativePath(bytes: Array(components.joined(separator: [UInt8(ascii: "/")])))
        } catch {
            throw Failure(reason: error.description)
        }
    }

    private static func command(_ node: Node?) -> String {
        if let lines = node?.sequence { return lines.compactMap(\.string).joined(separator: " && ") }
        return node?.string ?? ""
    }

    /// The parameters that a stage was run with, each named by its file and itself: `params.yaml:train.rate`.
    private static func parameters(_ node: Node?) -> [String: String] {
        var parameters: [String: String] = [:]
        for (file, values) in node?.mapping.map(Array.init) ?? [] {
            for (name, value) in values.mapping.map(Array.init) ?? [] {
                if let file = file.string, let name = name.string, let text = value.string {
                    parameters["\(file):\(name)"] = text
                }
            }
        }
        return parameters
    }
}
