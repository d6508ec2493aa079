import ArgumentParser
import Embeddings
import Features
import Tables
import TrainingSets
import Workspace

extension VectorMetric: ExpressibleByArgument {}

/// The numbers of a vector, as `0.1,0.2`.
struct VectorArgument: ExpressibleByArgument {
    let numbers: [Float]

    init?(argument: String) {
        var numbers: [Float] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Float(part.drop { $0 == " " }) else { return nil }
            numbers.append(number)
        }
        self.numbers = numbers
    }
}

extension Entity {
    /// The keys of one entity, as `id=7` or, where several name one, `origin=JFK,dest=LAX` or one after another.
    func row(_ texts: [String]) throws -> RecordBatch {
        let names = keys.map(\.name)
        var pairs: [String: String] = [:]
        for text in texts {
            // A comma may be part of the value of the only key.
            let parts = keys.count == 1 ? [Substring(text)] : text.split(separator: ",")
            for part in parts {
                guard let equals = part.firstIndex(of: "=") else {
                    throw TrainingSetError.misuse(
                        "'\(part)' is no key=value; write --entity \(names.joined(separator: "=…,"))=…")
                }
                let name = String(part[..<equals])
                guard names.contains(name) else {
                    let nearest = nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
                    throw TrainingSetError.misuse(
                        "the entity '\(self.name)' has no key '\(name)'; "
                            + (nearest ?? "its keys are \(names.joined(separator: ", "))"))
                }
                pairs[name] = String(part[part.index(after: equals)...])
            }
        }
        if let missing = names.first(where: { pairs[$0] == nil }) {
            throw TrainingSetError.misuse(
                "the key '\(missing)' is not given; write --entity \(names.joined(separator: "=…,"))=…")
        }
        return RecordBatch(
            try keys.map { ($0.name, try EntityArguments.column([pairs[$0.name]], $0.name, $0.type)) })
    }
}
