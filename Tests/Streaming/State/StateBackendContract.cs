using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

/// <summary>What every backend of state promises.</summary>
public abstract partial class StateBackendContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected abstract IStateBackend Backend { get; }

    [Fact]
    public async Task GlobalTable_ComesBackWithWhatWasPutLast()
    {
        var first = Backend.Open(new("op", 0, 1), null);
        var table = await first.OpenGlobalAsync("g", 1, None);
        table.Put("a", "1");
        table.Put("b", "2");
        table.Put("a", "3");
        Assert.True(table.Remove("b"));
        Assert.False(table.Remove("b"));
        var again = await OpenGlobalAsync(1, 0, await first.WriteAsync(1));

        Assert.Equal("3", again.Get("a"));
        Assert.Null(again.Get("b"));
        Assert.Equal(1, again.Count);
        Assert.Single(again.Entries);
    }

    [Fact]
    public async Task GlobalTable_ThatDidNotChange_NamesTheFileOfTheEpochBefore()
    {
        var state = Backend.Open(new("op", 0, 1), null);
        var table = await state.OpenGlobalAsync("g", 1, None);
        table.Put("a", "1");
        var one = await state.WriteAsync(1);
        var two = await state.WriteAsync(2);
        table.Put("a", "2");
        var three = await state.WriteAsync(3);

        Assert.Equal(one.Tables[0].Files, two.Tables[0].Files);
        Assert.Equal(0UL, two.Bytes);
        Assert.Equal(3, three.Tables[0].Files.Single().Epoch);
    }

    [Fact]
    public async Task GlobalTable_OfSeveralSubtasks_ComesBackWholeUnderAnyParallelism()
    {
        var subtasks = new List<SubtaskState>();
        for (var i = 0; i < 3; i++)
        {
            var state = Backend.Open(new("op", i, 3), null);
            var table = await state.OpenGlobalAsync("g", 1, None);
            table.Put($"only of {i}", $"{i}");
            subtasks.Add(await state.WriteAsync(1));
        }

        foreach (var (index, parallelism) in new[] { (0, 1), (1, 2), (4, 5) })
        {
            var table = await OpenGlobalAsync(parallelism, index, [.. subtasks]);
            Assert.Equal(["0", "1", "2"], Enumerable.Range(0, 3).Select(i => table.Get($"only of {i}")));
        }
    }

    [Fact]
    public async Task GlobalTable_WhereAnotherSubtaskPutsOrRemovesAnEntry_TheLatestCountsForEver()
    {
        var first = Backend.Open(new("op", 0, 1), null);
        var table = await first.OpenGlobalAsync("g", 1, None);
        for (var i = 0; i < 20; i++)
        {
            table.Put($"key {i}", "old");
        }

        var restored = OperatorStates.Merge("op", [await first.WriteAsync(1)]);
        for (var round = 0; round < 3; round++)
        {
            var (zero, one) = (Backend.Open(new("op", 0, 2), restored), Backend.Open(new("op", 1, 2), restored));
            var (tableOfZero, tableOfOne) = (await zero.OpenGlobalAsync("g", 1, None), await one.OpenGlobalAsync("g", 1, None));
            for (var i = 0; i < 20; i++)
            {
                // Whoever keeps an entry by its hash, the other half is changed by a subtask that does not.
                if (i % 4 == 0)
                {
                    tableOfOne.Put($"key {i}", $"new {round}");
                }
                else if (i % 4 == 1)
                {
                    tableOfZero.Remove($"key {i}");
                }
            }

            restored = OperatorStates.Merge("op", [await zero.WriteAsync(10 * round + 2), await one.WriteAsync(10 * round + 2)]);
            var read = await Backend.Open(new("op", 0, 1), restored).OpenGlobalAsync("g", 1, None);
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(i % 4 == 0 ? $"new {round}" : i % 4 == 1 ? null : "old", read.Get($"key {i}"));
            }
        }
    }

    [Fact]
    public async Task GlobalTable_OfManySubtasks_DoesNotGrowWithEachRestore()
    {
        OperatorState? restored = null;
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            var subtasks = new List<SubtaskState>();
            for (var i = 0; i < 4; i++)
            {
                var state = Backend.Open(new("op", i, 4), restored);
                var table = await state.OpenGlobalAsync("g", 1, None);
                if (epoch == 1)
                {
                    table.Put($"key {i}", "value");
                }

                Assert.Equal(epoch == 1 ? 1 : 4, table.Count);
                subtasks.Add(await state.WriteAsync(epoch));
            }

            restored = OperatorStates.Merge("op", subtasks);
            Assert.Equal(4, restored.Tables[0].Files.Sum(file => file.Rows));
        }
    }

    private async Task<IGlobalTable> OpenGlobalAsync(int parallelism, int index, params SubtaskState[] subtasks) =>
        await Backend.Open(new("op", index, parallelism), OperatorStates.Merge("op", subtasks)).OpenGlobalAsync("g", 1, None);

    private async Task<IRowTable> OpenRowsAsync(int parallelism, int index, RowTableOptions options, params SubtaskState[] subtasks) =>
        await Backend.Open(new("op", index, parallelism), OperatorStates.Merge("op", subtasks)).OpenRowsAsync("t", options, None);
}
