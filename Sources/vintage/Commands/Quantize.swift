import ArgumentParser
import Learning
import Workspace

/// `vintage quantize`.
struct Quantize: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep a model's numbers in fewer bits, and say what that costs.",
        discussion: """
            int8 and int4 keep the weights of a network as whole numbers with a scale for each output of a layer and each row of a \
            table, and compute in whole numbers; f16 and bf16 keep them in 16 bits, and compute in single precision. Trees \
            take int8: their thresholds become borders of at most 256 bins a column, their leaves have 16 bits.

            The new artifact has a report of how right the model was before and is after, overall and slice by slice, \
            how large and how fast. With --max-loss or --max-slice-loss a model that is worse than allowed is not \
            written, and the exit status is 1. Docs/smaller-models.md tells more.

            Examples:
              vintage quantize models/late --to int8 --data features/arrival -o models/late-int8 --max-loss 0.1%
              vintage quantize models/late@v3 --to int8 --activations calibrated --data features/arrival -o models/late-int8
              vintage quantize models/late --to bf16 --data flights.parquet -o models/late-bf16 --json
            """)

    @Option(help: ArgumentHelp("int8, int4, f16 or bf16.", valueName: "format"))
    var to: Quantization.Format

    @Option(
        help: ArgumentHelp(
            "How numbers between layers become whole: by each row as it comes (dynamic), or by ranges that rows of the training "
                + "have shown (calibrated); dynamic by default.", valueName: "how"))
    var activations: Quantization.Activations?

    @OptionGroup var arguments: CompressionArguments

    func run(in session: Session) throws -> ExitStatus {
        try arguments.run(in: session, "quantizing") { compression in
            var activations = activations
            if to == .int8 || to == .int4, compression.kind != .trees { activations = activations ?? .dynamic }
            return try compression.quantize(Quantization(to, activations: activations))
        }
    }
}

extension Quantization.Format: ExpressibleByArgument {}

extension Quantization.Activations: ExpressibleByArgument {}
