using Nearfar.Data;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Releases;
using Nearfar.Search;
using Nearfar.Training;
using Nearfar.Vectors;
using QuickStart;

// 1. Data: a workspace file names corpus, pairs and cohorts. dotnet run -c Release -- ../helpdesk
var workspace = await Workspace.OpenAsync(args is [var folder, ..] ? folder : "samples/helpdesk");

// 2. Train: the step is chosen on dev; a second call finds the finished run and trains nothing.
var start = StartEncoder.Create(workspace.StartOptions(), workspace.Train);
var run = new TrainingRun(workspace.StartOptions(), workspace.TrainingOptions(), TimeProvider.System);
var trained = await run.RunAsync(workspace.Train, workspace.Dev, start, args is [_, var output] ? output : "nearfar-out/quickstart", mined: []);

// 3. Evaluate: ours, and any IEmbeddingGenerator<string, Embedding<float>>, such as the encoder that you pay for.
var evaluator = new Evaluator();
var ours = await evaluator.EvaluateAsync(trained.Encoder, workspace.Gate);
using var generator = new HashedWords(dimensions: 512);
var theirs = await evaluator.EvaluateAsync(generator, new EmbeddingSpace("hashed-words-512"), workspace.Gate);
var keywords = await evaluator.EvaluateAsync(new Bm25Index(workspace.Corpus), workspace.Gate);

// 4. Gate: ours may replace theirs when it is proven no worse, overall and for each protected cohort.
var decision = new ReleaseGate(workspace.GatePolicy()).Decide(new GateInput
{
    Candidate = ours,
    References = [new GateReference(ReferenceKind.Current, theirs), new GateReference(ReferenceKind.Bm25, keywords)],
    Attempt = 1, // the loop counts openings of the gate set in its ledger; here it is yours to count
});
Console.WriteLine($"{decision.FirstLine}\n{decision.Verdict}");
decision.Reasons.ToList().ForEach(Console.WriteLine);
return decision.ExitCode;
