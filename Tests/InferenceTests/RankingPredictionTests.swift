import Inference
import Learning
import LearningSupport
import Testing

@Suite struct RankingPredictionTests {
    @Test("trees that rank predict the scores that XGBoost has for them")
    func equalsPeer() throws {
        let scratch = try ScratchFolder()
        try scratch.write(Array(AnswersTable.text(questions: 100).utf8), to: "answers.csv")
        let model = try FlightsTable.run(
            scratch, "model: trees\nlabel: grade\ngroup: question\nfeatures: [match, length, noise]\n",
            file: "answers.csv"
        ).model
        let predictor = try Predictor(model)
        var random = SeededNumbers(seed: 5)
        let matrix = FeatureMatrix(
            count: 300, width: 3, numbers: (0..<900).map { _ in random.below(9) == 0 ? .nan : 3 * random.signed() },
            tables: 0, codes: [])
        #expect(predictor.predict(matrix) == (try model.predict(matrix, workers: 1)))
    }
}
