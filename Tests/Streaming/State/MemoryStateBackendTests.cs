using OrleansFlow.Errors;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

public sealed class MemoryStateBackendTests : StateBackendContract, IDisposable
{
    private readonly MemoryStateBackend _backend = new();

    protected override IStateBackend Backend => _backend;

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task DisposedBackend_HasNoFilesAnyMore()
    {
        var state = _backend.Open(new("op", 0, 1), null);
        (await state.OpenRowsAsync("t", StateRows.Timed(), CancellationToken.None)).Append(StateRows.Batch((1, "one", 1)));
        var restored = OperatorStates.Merge("op", [await state.WriteAsync(1)]);
        _backend.Dispose();
        var table = await _backend.Open(new("op", 0, 1), restored).OpenRowsAsync("t", StateRows.Timed(), CancellationToken.None);

        Assert.Equal(FlowErrorCode.DataFileMissing, (await Assert.ThrowsAsync<FlowException>(() => StateRows.ReadAsync(table))).Code);
    }

    [Fact]
    public async Task RunWithoutCheckpoints_HasMapsAndKeepsNoRows()
    {
        await using var state = MemoryStateBackend.WithoutCheckpoints.Open(new("op", 0, 1), null);
        var table = await state.OpenGlobalAsync("g", 1, CancellationToken.None);
        table.Put("a", "1");
        var rows = await state.OpenRowsAsync("t", StateRows.Timed(), CancellationToken.None);
        var batch = StateRows.Batch((1, "one", 1));
        rows.Append(batch);

        Assert.Equal("1", table.Get("a"));
        Assert.True(batch.IsReleased);
        Assert.Throws<InvalidOperationException>(() => state.Freeze(1, null, default));
    }
}
