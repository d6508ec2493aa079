import ArgumentParser
import Learning
import Workspace

/// `vintage prune`.
struct Prune: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take out of a model what it needs least, and say what that costs.",
        discussion: """
            weights makes the smallest weights of each layer 0, neurons takes the weakest neurons out of each hidden layer, \
            splits takes those of the least gain out of trees. With --fine-tune a network is trained further from the rows of \
            the training, with a tenth of its learning rate; the leaves of trees are found anew.

            The new artifact has a report of how right the model was before and is after, overall and slice by slice, \
            how large and how fast. With --max-loss or --max-slice-loss a model that is worse than allowed is not \
            written, and the exit status is 1. Docs/smaller-models.md tells more.

            Examples:
              vintage prune models/late --share 50% --by neurons --fine-tune 3 --data features/arrival -o models/late-small
              vintage prune models/trees --share 30% --data features/arrival -o models/trees-small --max-loss 0.2%
            """)

    @Option(help: ArgumentHelp("How much is taken out, as 50% or 0.5.", valueName: "share"))
    var share: Share

    @Option(
        help: ArgumentHelp(
            "weights, neurons or splits; by default weights of networks, and splits of trees.", valueName: "unit"))
    var by: Pruning.Unit?

    @Option(help: ArgumentHelp("How many epochs of training follow; 0 by default.", valueName: "epochs"))
    var fineTune: Int = 0

    @OptionGroup var arguments: CompressionArguments

    func validate() throws {
        guard (0...100_000).contains(fineTune) else {
            throw ValidationError("--fine-tune is a number of epochs from 0 to 100000")
        }
    }

    func run(in session: Session) throws -> ExitStatus {
        try arguments.run(in: session, "pruning") { compression in
            let unit = by ?? (compression.kind == .trees ? .splits : .weights)
            return try compression.prune(Pruning(unit, share: share.value, epochs: fineTune))
        }
    }
}

extension Pruning.Unit: ExpressibleByArgument {}
