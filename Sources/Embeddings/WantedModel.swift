import Features
import ObjectStore

import struct Workspace.Lock
import class Workspace.Workspace
import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus

extension Embedding {
    /// The snapshot of the model whose vectors are wanted: the one in the lock, or what stands behind the `@`.
    ///
    /// - Throws: ``EmbeddingError/noModel(_:)``, and what keeps a tag or a date from being found.
    public func wantedModel(in workspace: Workspace, _ lock: Lock) throws -> ObjectID {
        let parts = model.split(separator: "@", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            if let id = lock[modelArtifact] { return id }
            throw EmbeddingError.noModel(self)
        }
        let tag = try? workspace.store.tag(artifact: modelArtifact, name: parts[1])
        if tag == .some(nil), parts[1].isHexadecimal {
            let found = try workspace.store.snapshots(withHexPrefix: parts[1]).filter {
                try workspace.store.snapshot($0).artifact == modelArtifact
            }
            if found.count == 1 { return found[0] }
        }
        if case .snapshot(let id, _) = try workspace.resolve(model) { return id }
        throw EmbeddingError.noModel(self)
    }
}

extension String {
    fileprivate var isHexadecimal: Bool {
        (4...64).contains(utf8.count)
            && utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

/// Why nothing can be said of the vectors of a view.
public enum EmbeddingError: Error {
    /// The model that an embedding names is not there.
    case noModel(Embedding)
    /// The view declares no embedding.
    case noEmbedding(view: String)
    /// The view declares neither an embedding nor how old its rows may be.
    case nothingToGoStale(view: String)
    /// The view has no such entity at that time, or a vector of it cannot be used.
    case noVector(entity: String, view: String)
    /// A vector has another length than the view's.
    case wrongLength(found: Int, expected: Int)
    /// The vector that is asked for has a number that is none, is infinite, or, for the cosine, has no direction.
    case unusable(reason: String)
}

extension EmbeddingError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .noModel(let embedding):
            "\(embedding.place): the model '\(embedding.model)' is not in vintage.lock; store it with 'vintage add', or "
                + "correct 'model'"
        case .noEmbedding(let view):
            "the view '\(view)' has no vectors to compare; declare them with 'embedding', or name a view that does"
        case .nothingToGoStale(let view):
            "the view '\(view)' has neither an 'embedding' nor a 'ttl', so that nothing of it can be stale; name another"
        case .noVector(let entity, let view):
            "the view '\(view)' has no vector of \(entity) then; give one with --vector, or ask for another entity"
        case .wrongLength(let found, let expected):
            "the vector has \(found) number\(found == 1 ? "" : "s") and the view's have \(expected); give as many"
        case .unusable(let reason): "the vector cannot be compared: \(reason); give another"
        }
    }
}

extension EmbeddingError: ErrorWithExitStatus {
    /// Something was asked that cannot be answered.
    public var exitStatus: ExitStatus { .misused }
}
