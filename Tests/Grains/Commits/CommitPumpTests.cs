using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Tests.Grains.Commits;

public sealed class CommitPumpTests
{
    private readonly Queue<TaskCompletionSource> _writes = new();
    private readonly List<string> _log = [];
    private readonly CommitPump<string, string> _pump;

    public CommitPumpTests() => _pump = new CommitPump<string, string>(
        "0",
        (state, _) =>
        {
            _log.Add($"write {state}");
            return _writes.Dequeue().Task;
        },
        (state, events) => _log.Add($"publish {state}: {string.Join(',', events)}"),
        failure => _log.Add($"fail {failure.Code}"));

    [Fact]
    public async Task Stage_WhileAWriteIsUnderWay_SharesTheNextOne()
    {
        var (first, second) = (NewWrite(), NewWrite());
        var one = _pump.StageAsync("1", ["a"]);
        await UntilAsync(() => _log.Count == 1);
        var two = _pump.StageAsync("2", ["b"]);
        var three = _pump.StageAsync("3", ["c"]);
        Assert.Equal(("3", "0"), (_pump.Tentative, _pump.Committed));

        first.SetResult();
        await one;
        Assert.False(two.IsCompleted);
        Assert.Equal("1", _pump.Committed);
        second.SetResult();
        await Task.WhenAll(two, three);

        Assert.Equal(["write 1", "publish 1: a", "write 3", "publish 3: b,c"], _log);
    }

    [Fact]
    public async Task Stage_FailedWrite_FailsEveryWaiterPublishesNothingAndStops()
    {
        var write = NewWrite();
        var one = _pump.StageAsync("1", ["a"]);
        await UntilAsync(() => _log.Count == 1);
        var two = _pump.StageAsync("2", ["b"]);
        write.SetException(new IOException("disk"));

        Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(() => one)).Code);
        await Assert.ThrowsAsync<FlowException>(() => two);
        await Assert.ThrowsAsync<FlowException>(() => _pump.StageAsync("3", []));
        Assert.Equal("0", _pump.Committed);
        Assert.Equal(["write 1", "fail StoreUnavailable"], _log);
    }

    [Fact]
    public async Task Stage_WithAnAnswer_GivesItOnceItsOwnWriteIsPublished()
    {
        var (first, second) = (NewWrite(), NewWrite());
        var one = _pump.StageAsync("1", ["a"], 10);
        await UntilAsync(() => _log.Count == 1);
        var two = _pump.StageAsync("2", ["b"], "twenty");
        var three = _pump.StageAsync("3", ["c"]);
        var four = _pump.StageAsync("4", ["d"], 40);
        Assert.False(one.IsCompleted);

        first.SetResult();
        Assert.Equal(10, await one);
        Assert.False(two.IsCompleted || four.IsCompleted);
        second.SetResult();
        await three;
        Assert.Equal(("twenty", 40), (await two, await four));

        Assert.Equal(["write 1", "publish 1: a", "write 4", "publish 4: b,c,d"], _log);
    }

    [Fact]
    public async Task Stage_WithAnAnswerAndAFailedWrite_FailsThoseOfTheWriteAndThoseBehindIt()
    {
        var write = NewWrite();
        var one = _pump.StageAsync("1", ["a"], 10);
        await UntilAsync(() => _log.Count == 1);
        var two = _pump.StageAsync("2", ["b"], 20);
        write.SetException(new FlowException(FlowErrorCode.StoreFull, "full"));

        Assert.Equal(FlowErrorCode.StoreFull, (await Assert.ThrowsAsync<FlowException>(() => one)).Code);
        Assert.Equal(FlowErrorCode.StoreFull, (await Assert.ThrowsAsync<FlowException>(() => two)).Code);
        Assert.Throws<FlowException>(() => { _ = _pump.StageAsync("3", [], 30); });
        Assert.Equal(["write 1", "fail StoreFull"], _log);
    }

    [Fact]
    public async Task Stage_FailedWriteWithACode_KeepsTheCode()
    {
        NewWrite().SetException(new FlowException(FlowErrorCode.StoreFull, "full"));

        Assert.Equal(FlowErrorCode.StoreFull, (await Assert.ThrowsAsync<FlowException>(() => _pump.StageAsync("1", []))).Code);
    }

    [Fact]
    public async Task Amend_WhileAWriteIsUnderWay_ChangesEveryCopyAndWritesNothing()
    {
        var write = NewWrite();
        var one = _pump.StageAsync("1", []);
        await UntilAsync(() => _log.Count == 1);
        _pump.Amend(state => state + "+");
        Assert.Equal(("1+", "0+"), (_pump.Tentative, _pump.Committed));
        write.SetResult();
        await one;

        Assert.Equal("1+", _pump.Committed);
        Assert.Equal(["write 1", "publish 1+: "], _log);
    }

    [Fact]
    public async Task Flush_WaitsForWhatIsStaged()
    {
        Assert.True(_pump.FlushAsync().IsCompletedSuccessfully);
        var write = NewWrite();
        _ = _pump.StageAsync("1", []);
        var flushed = _pump.FlushAsync();
        await UntilAsync(() => _log.Count == 1);
        Assert.False(flushed.IsCompleted);
        write.SetResult();
        await flushed;

        Assert.Equal("1", _pump.Committed);
    }

    private TaskCompletionSource NewWrite()
    {
        var write = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _writes.Enqueue(write);
        return write;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
