using OrleansFlow.Errors;
using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Storage;

/// <summary>What holds for reads of several states in each store.</summary>
internal static class RangeReads
{
    private static readonly GrainId Grain = GrainId.Create("note", "one");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>From the first name to the one before the last bound, in the order of the names, no more than the limit.</summary>
    public static async Task GiveWhatLiesInTheRangeAsync(RowGrainStorage storage)
    {
        await WriteAsync(storage, Grain, "b-2", "a", "b-1", "c", "b-10", "b", "b-3");
        await WriteAsync(storage, GrainId.Create("note", "on"), "b-1", "b-9");
        await WriteAsync(storage, GrainId.Create("note", "one1"), "b-1", "b-8");

        Assert.Equal(["b-1", "b-10", "b-2", "b-3"], await NamesAsync(storage, "b-", "b.", 10));
        Assert.Equal(["b-1", "b-10", "b-2"], await NamesAsync(storage, "b-1", "b-3", 10));
        Assert.Equal(["b-1", "b-10", "b-2", "b-3"], await NamesAsync(storage, "b-", "b.", 4));
        Assert.Equal(["b-1", "b-10", "b-2"], await NamesAsync(storage, "b-", "b.", 3));
        Assert.Equal(["a", "b"], await NamesAsync(storage, "a", "b-", 10));
        Assert.Equal(["b-1"], await NamesAsync(storage, "b-", "c", 1));
        Assert.Empty(await NamesAsync(storage, "b-4", "c", 10));
        Assert.Empty(await NamesAsync(storage, "c", "b", 10));
        Assert.Empty(await storage.ReadRangeAsync("note/none", "a", "z", 10, Cancellation));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => storage.ReadRangeAsync(Grain.ToString(), "a", "z", 0, Cancellation));
    }

    /// <summary>A state that is read so can be written as one that was read alone.</summary>
    public static async Task GiveStatesAndEtagsAsync(RowGrainStorage storage)
    {
        await WriteAsync(storage, Grain, "a", "b");
        var read = await storage.ReadRangeAsync(Grain.ToString(), "a", "c", 10, Cancellation);
        Assert.Equal(["a of note/one, übel", "b of note/one, übel"], read.Select(state => state.Read<Note>().Text));

        GrainStateChange[] changes = [new("a", typeof(Note), new Note { Text = "2" }, read[0].ETag), new("b", typeof(Note), null, read[1].ETag)];
        await storage.WriteAsync(Grain.ToString(), changes, Cancellation);

        var left = Assert.Single(await storage.ReadRangeAsync(Grain.ToString(), "a", "c", 10, Cancellation));
        Assert.Equal(("a", "2", changes[0].NextETag), (left.Name, left.Read<Note>().Text, left.ETag));
    }

    /// <summary>A state that cannot be read keeps nobody from those beside it.</summary>
    public static async Task NameWhatIsCorruptAsync(RowGrainStorage storage)
    {
        await storage.WriteAsync(Grain.ToString(), [new("a", typeof(Later), new Later(), null), new("b", typeof(Note), new Note { Text = "fine" }, null)], Cancellation);

        var read = await storage.ReadRangeAsync(Grain.ToString(), "a", "c", 10, Cancellation);

        var exception = Assert.Throws<FlowException>(() => read[0].Read<Note>());
        Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
        Assert.Contains("'a' of grain 'note/one'", exception.Message, StringComparison.Ordinal);
        Assert.Equal("fine", read[1].Read<Note>().Text);
    }

    /// <summary>Reads that share a way to the store get each its own.</summary>
    public static async Task OfManyGrainsAtOnceGiveEachItsOwnAsync(RowGrainStorage storage)
    {
        var grains = Enumerable.Range(0, 500).Select(number => GrainId.Create("note", $"g{number}")).ToList();
        await Task.WhenAll(grains.Select((grain, number) => WriteAsync(storage, grain, [.. Enumerable.Range(0, number % 5).Select(row => $"row-{row}")])));

        var ranges = grains.Select(grain => storage.ReadRangeAsync(grain.ToString(), "row-", "row.", 3, Cancellation)).ToList();
        var singles = grains.Select(async grain =>
        {
            var state = new GrainState<Note>(new Note());
            await storage.ReadStateAsync("row-1", grain, state);
            return state;
        }).ToList();

        for (var number = 0; number < grains.Count; number++)
        {
            var texts = (await ranges[number]).Select(state => state.Read<Note>().Text);
            Assert.Equal(Enumerable.Range(0, Math.Min(3, number % 5)).Select(row => $"row-{row} of {grains[number]}, übel"), texts);
            Assert.Equal(number % 5 > 1, (await singles[number]).RecordExists);
            Assert.Equal(number % 5 > 1 ? $"row-1 of {grains[number]}, übel" : "", (await singles[number]).State.Text);
        }
    }

    private static async Task<IEnumerable<string>> NamesAsync(RowGrainStorage storage, string from, string before, int limit) =>
        (await storage.ReadRangeAsync(Grain.ToString(), from, before, limit, Cancellation)).Select(state => state.Name);

    private static async Task WriteAsync(RowGrainStorage storage, GrainId grain, params string[] names)
    {
        if (names.Length > 0)
        {
            await storage.WriteAsync(
                grain.ToString(), [.. names.Select(name => new GrainStateChange(name, typeof(Note), new Note { Text = $"{name} of {grain}, übel" }, null))], Cancellation);
        }
    }

    /// <summary>What a later version of the program might store.</summary>
    private sealed class Later
    {
        public int Format { get; set; } = 2;
    }
}
