using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Tests.Streaming.State.Fencing;

/// <summary>Generations that race, with crashes at every operation of the store, by seed.</summary>
public sealed class FencingRaceTests
{
    private const int SeedsEach = 150;

    public static TheoryData<int> Blocks() => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public async Task GenerationsThatRaceAndCrash_LeaveOneChainOfCheckpointsWithEveryCommitOnce(int block)
    {
        for (var seed = block * SeedsEach; seed < (block + 1) * SeedsEach; seed++)
        {
            var history = new FencingHistory(seed);
            var end = await history.RunAsync();
            Check(seed, history, end);
        }
    }

    [Fact]
    public async Task Races_ReachTheCasesTheyAreFor()
    {
        var (crashed, fenced, late) = (0, 0, 0);
        for (var seed = 0; seed < 200; seed++)
        {
            var history = new FencingHistory(seed);
            var end = await history.RunAsync();
            crashed += history.Committed.Count - history.Committed.Distinct().Count();
            fenced += history.ChainOf(end.Latest).Select(manifest => manifest.Generation).Distinct().Count() > 1 ? 1 : 0;
            late += history.Manifests.Count - history.ChainOf(end.Latest).Count > 0 ? 1 : 0;
        }

        // Commits that were repeated, chains of several generations, manifests that never counted.
        Assert.True(crashed > 20 && fenced > 100 && late > 100, $"{crashed} {fenced} {late}");
    }

    private static void Check(int seed, FencingHistory history, TakenOver end)
    {
        Assert.True(history.Failures.Count == 0, $"seed {seed}: {history.Failures.FirstOrDefault()}");
        var chain = history.ChainOf(end.Latest);
        var names = chain.ConvertAll(CheckpointStore.NameOf);

        // No gap and no second one of an epoch: all that anybody was told to count is one chain.
        Assert.True(!history.Observed.Except(names).Any(), $"seed {seed}: {string.Join(", ", history.Observed.Except(names))} counted and is not in the chain");
        for (var i = 1; i < chain.Count; i++)
        {
            Assert.True(chain[i].Epoch > chain[i - 1].Epoch && chain[i].Generation >= chain[i - 1].Generation, $"seed {seed}: order of {names[i - 1]} and {names[i]}");
        }

        // What begins is never overtaken: nothing of an older generation counts behind the checkpoint that it began from.
        foreach (var (generation, latest) in history.Begun)
        {
            Assert.True(chain.TrueForAll(manifest => manifest.Generation >= generation || manifest.Epoch <= latest), $"seed {seed}: a generation before {generation} came back behind {latest}");
        }

        // No commit is lost, and none is done of what does not count.
        var needed = chain.Where(manifest => manifest.NeedsCommit).Select(CheckpointStore.NameOf).ToHashSet();
        Assert.True(needed.SetEquals(history.Committed), $"seed {seed}: committed {string.Join(", ", history.Committed.Except(needed))} too much, {string.Join(", ", needed.Except(history.Committed))} not");
    }
}
