using System.Reflection;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Mining;

/// <summary>Questions of the gate cannot be trained on or mined from: no type of theirs fits, and nothing turns them into one that does.</summary>
public class GateOutOfReachTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
    private static readonly Type[] s_gate = [typeof(GateSet), typeof(JudgedSet), typeof(JudgedQuery)];
    private static readonly Type[] s_learned = [typeof(Pair), typeof(TrainingSet), typeof(TrafficRow)];
    private static readonly Type[] s_all = typeof(GateSet).Assembly.GetTypes();

    [Fact]
    public void TrainingAndMining_NoMemberMentionsTheGate()
    {
        var stages = s_all.Where(t => t.Namespace is { } n && (n == "Nearfar.Training" || n.StartsWith("Nearfar.Training.", StringComparison.Ordinal) || n == "Nearfar.Mining" || n.StartsWith("Nearfar.Mining.", StringComparison.Ordinal))).ToArray();
        Assert.Contains(typeof(Trainer), stages);
        Assert.Contains(typeof(HardNegativeMiner), stages);
        var mentions = stages.SelectMany(t => Members(t).Concat(t.GetFields(Declared).Select(f => ($"{t}.{f.Name}", new[] { f.FieldType }))))
            .Where(m => m.Item2.Any(t => Mentions(t, s_gate))).Select(m => m.Item1);
        Assert.Empty(mentions);
    }

    [Fact]
    public void Core_NoMethodTurnsTheGateIntoRowsThatAreLearnedFrom()
    {
        var turning = from type in s_all
                      from method in type.GetMethods(Declared)
                      let takes = method.GetParameters().Select(p => p.ParameterType).Append(method.IsStatic ? typeof(void) : type)
                      where takes.Any(t => Mentions(t, s_gate)) && Mentions(method.ReturnType, s_learned)
                      select $"{type}.{method.Name}";
        Assert.Empty(turning);
        var made = from type in s_learned
                   from constructor in type.GetConstructors(Declared)
                   where constructor.GetParameters().Any(p => Mentions(p.ParameterType, s_gate))
                   select constructor.ToString();
        Assert.Empty(made);
    }

    [Fact]
    public void GateSet_AllThatItShows_HoldsNoRowThatIsLearnedFrom()
    {
        var seen = new HashSet<Type>();
        var open = new Queue<Type>([typeof(GateSet)]);
        while (open.TryDequeue(out var type))
        {
            foreach (var shown in type.GetProperties().Select(p => p.PropertyType).Concat(type.GetMethods().Select(m => m.ReturnType)).SelectMany(Parts))
            {
                if (shown.Assembly == typeof(GateSet).Assembly && seen.Add(shown))
                {
                    open.Enqueue(shown);
                }
            }
        }

        Assert.Contains(typeof(JudgedQuery), seen);
        Assert.Contains(typeof(Corpus), seen);
        Assert.Empty(seen.Intersect(s_learned));
        Assert.Empty(typeof(GateSet).GetConstructors());
    }

    // The one way that is left is to copy a question by hand; the seals know it, spelled otherwise or with a word more.
    [Theory]
    [InlineData("WHERE is my  annual plan refund for the alder planner please")]
    [InlineData("where is my annual plan refund for the alder planner please now")]
    public async Task Miner_QuestionsCopiedFromTheGate_AreRefusedByItsSeal(string query)
    {
        var corpus = new Corpus([new Document { Id = "a", Text = "a refund" }, new Document { Id = "b", Text = "another refund" }]);
        var gate = new JudgedSetBuilder(corpus, DocumentClusters.Of(corpus, [])).Gate([new Pair { Id = "g", Query = "where is my annual plan refund for the alder planner please", PositiveIds = ["b"] }]);
        var encoder = Encoding.SmallModels.Encoder();
        var rows = gate.Queries.Select(q => new TrafficRow { Id = q.Id, Query = query, ExpectedIds = [.. q.Relevance.Keys], Outcome = TrafficOutcome.Failed }).ToArray();
        var result = await new HardNegativeMiner(gate.Corpus, encoder, new MiningOptions(), [gate.Seal], new FixedClock(DateTimeOffset.UnixEpoch))
            .MineFailuresAsync(rows, 1, "001", TestContext.Current.CancellationToken);
        Assert.Empty(result.Pairs);
        Assert.Equal(1, result.Refused["question of a held-out set"]);
        Assert.Empty(typeof(HeldOutSeal).GetProperties());       // it answers yes or no and shows nothing
    }

    private static IEnumerable<(string, Type[])> Members(Type type) =>
        type.GetMethods(Declared).Select(m => ($"{type}.{m.Name}", m.GetParameters().Select(p => p.ParameterType).Append(m.ReturnType).ToArray()))
            .Concat(type.GetConstructors(Declared).Select(c => ($"{type}.ctor", c.GetParameters().Select(p => p.ParameterType).ToArray())))
            .Concat(type.GetProperties(Declared).Select(p => ($"{type}.{p.Name}", new[] { p.PropertyType })));

    private static bool Mentions(Type type, Type[] wanted) => Parts(type).Any(wanted.Contains);

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!) : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];
}
