using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Tests.Workflows.Contexts;

/// <summary>Random histories of a context: a common start that three branches go on from, each with a clock of its own.</summary>
internal static class Replicas
{
    private static readonly ManualTimeProvider Time = new();

    public static HybridClock Clock(string writer) => new(new WriterId(writer), Time);

    /// <summary>Checks all laws on what random scripts make; a script's byte says what one change is.</summary>
    public static void HoldLaws<T>(Func<T, byte, HybridClock, T> change, MergeLaw laws = MergeLaw.All)
        where T : IMergeable<T>
    {
        var scripts = ArbMap.Default.ArbFor<byte[][]>();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(scripts, script =>
        {
            var violations = MergeLaws.Check(Make(script, change), laws);
            Assert.Empty(violations);
        }));
    }

    public static List<T> Make<T>(byte[][] scripts, Func<T, byte, HybridClock, T> change)
        where T : IMergeable<T>
    {
        var start = Run(T.Empty, scripts.ElementAtOrDefault(0), Clock("start"), change);
        return [start, .. Enumerable.Range(1, 3).Select(branch => Run(start, scripts.ElementAtOrDefault(branch), Clock($"b{branch}"), change))];
    }

    private static T Run<T>(T start, byte[]? script, HybridClock clock, Func<T, byte, HybridClock, T> change) =>
        (script ?? []).Take(12).Aggregate(start, (value, step) => change(value, step, clock));
}
