using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Tests.Streaming.Objects;

/// <summary>What every object store promises.</summary>
public abstract class ObjectStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected abstract IObjectStore Store { get; }

    public static TheoryData<string> BadNames() =>
        ["", "/", "/etc/passwd", "../up", "a/../../b", "a//b", "a/", ".", "a/.", "a\\b", "a b", "é", "a\0b", "c:x", ".temporary/1", new string('a', 701)];

    [Fact]
    public async Task StoredObject_IsReadBackAndReplaced()
    {
        await Store.PutAsync("a/b.bin", "one"u8.ToArray(), None);
        Assert.Equal("one", await TextAsync("a/b.bin"));
        await Store.PutAsync("a/b.bin", "second"u8.ToArray(), None);
        Assert.Equal("second", await TextAsync("a/b.bin"));
        await Store.PutAsync("empty", default, None);
        Assert.Equal("", await TextAsync("empty"));
    }

    [Fact]
    public async Task MissingObject_IsNullOrAnErrorThatNamesIt()
    {
        Assert.Null(await Store.TryGetAsync("none", 10, None));
        var error = await Assert.ThrowsAsync<FlowException>(async () => await Store.OpenReadAsync("none", None));
        Assert.Equal(FlowErrorCode.DataFileMissing, error.Code);
        Assert.Contains("'none'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ObjectLongerThanAskedFor_IsRefused()
    {
        await Store.PutAsync("long", new byte[11], None);
        Assert.Equal(FlowErrorCode.LimitExceeded, (await Assert.ThrowsAsync<FlowException>(async () => await Store.TryGetAsync("long", 10, None))).Code);
    }

    [Fact]
    public async Task ConditionalCreation_FailsWhenTheObjectExistsAndLeavesIt()
    {
        Assert.True(await Store.TryCreateAsync("x/record", "first"u8.ToArray(), None));
        Assert.False(await Store.TryCreateAsync("x/record", "other"u8.ToArray(), None));
        Assert.Equal("first", await TextAsync("x/record"));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ConditionalCreation_ByManyAtOnce_HasExactlyOneWinner()
    {
        for (var round = 0; round < 20; round++)
        {
            var name = $"race/{round}";
            using var start = new Barrier(8);
            var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                return await Store.TryCreateAsync(name, Encoding.UTF8.GetBytes($"by {i}"), None);
            })));

            Assert.Single(won, true);
            Assert.Equal($"by {Array.IndexOf(won, true)}", await TextAsync(name));
        }
    }

    [Fact]
    public async Task LargeObject_IsWrittenAndReadAsAStream()
    {
        var content = new byte[12 * 1024 * 1024 + 5];
        new Random(3).NextBytes(content);
        await using (var upload = await Store.UploadAsync("large", None))
        {
            for (var start = 0; start < content.Length; start += 1_000_000)
            {
                await upload.Content.WriteAsync(content.AsMemory(start, Math.Min(1_000_000, content.Length - start)), None);
            }

            Assert.Null(await Store.TryGetAsync("large", 10, None));
            Assert.Equal(content.Length, await upload.CompleteAsync(None));
        }

        await using var stream = await Store.OpenReadAsync("large", None);
        var read = new byte[content.Length];
        await stream.ReadExactlyAsync(read, None);
        Assert.True(content.AsSpan().SequenceEqual(read));
        Assert.Equal(0, await stream.ReadAsync(new byte[1], None));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(13 * 1024 * 1024)]
    public async Task UploadThatIsNotCompleted_LeavesNothing(int bytes)
    {
        await using (var upload = await Store.UploadAsync("half", None))
        {
            await upload.Content.WriteAsync(new byte[bytes], None);
        }

        Assert.Null(await Store.TryGetAsync("half", 10, None));
        Assert.Empty(await ListAsync(""));
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task List_HasTheNamesOfAPrefixInOrderWithTheirSizes()
    {
        foreach (var name in new[] { "e/epoch-2", "e/epoch-10", "e/epoch-1", "e/x/y", "e-1", "f/a" })
        {
            await Store.PutAsync(name, new byte[name.Length], None);
        }

        Assert.Equal(["e-1", "e/epoch-1", "e/epoch-10", "e/epoch-2", "e/x/y", "f/a"], (await ListAsync("")).Select(entry => entry.Name));
        Assert.Equal([("e/epoch-1", 9L), ("e/epoch-10", 10L), ("e/epoch-2", 9L)], (await ListAsync("e/epoch-")).Select(entry => (entry.Name, entry.Bytes)));
        Assert.Equal(["e/epoch-1", "e/epoch-10", "e/epoch-2", "e/x/y"], (await ListAsync("e/")).Select(entry => entry.Name));
        Assert.Empty(await ListAsync("g"));
        Assert.Empty(await ListAsync("g/"));
    }

    [Fact]
    public async Task List_OfManyObjects_HasAllOfThem()
    {
        for (var i = 0; i < 25; i++)
        {
            await Store.PutAsync($"m/{i:00}", default, None);
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"m/{i:00}"), (await ListAsync("m/")).Select(entry => entry.Name));
    }

    [Fact]
    public async Task DeletedObject_IsGoneAndMayBeDeletedAgain()
    {
        await Store.PutAsync("d/a", default, None);
        await Store.PutAsync("d/b", default, None);
        await Store.DeleteAsync("d/a", None);
        await Store.DeleteAsync("d/a", None);
        await Store.DeleteAsync("never", None);

        Assert.Equal(["d/b"], (await ListAsync("")).Select(entry => entry.Name));
        Assert.True(await Store.TryCreateAsync("d/a", default, None));
    }

    [Theory]
    [MemberData(nameof(BadNames))]
    public async Task NameThatIsNone_IsRefusedByEveryCall(string name)
    {
        foreach (var call in (Func<Task>[])
        [
            async () => await Store.PutAsync(name, default, None), async () => await Store.TryCreateAsync(name, default, None), async () => await Store.UploadAsync(name, None),
            async () => await Store.TryGetAsync(name, 1, None), async () => await Store.OpenReadAsync(name, None), async () => await Store.DeleteAsync(name, None),
        ])
        {
            Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(call)).Code);
        }
    }

    [Fact]
    public async Task AnyText_CanBeAPartOfAName()
    {
        var names = new[] { "../x", "a/b", "ä", "%2F", ".", "operator 1", "a%2Fb" };
        foreach (var name in names)
        {
            await Store.PutAsync($"t/{ObjectName.Escape(name)}", Encoding.UTF8.GetBytes(name), None);
        }

        Assert.Equal(names.Length, (await ListAsync("t/")).Count);
        foreach (var name in names)
        {
            Assert.Equal(name, await TextAsync($"t/{ObjectName.Escape(name)}"));
        }
    }

    protected async Task<string?> TextAsync(string name) => await Store.TryGetAsync(name, 1000, None) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>That no part of an upload is left where the store keeps them.</summary>
    protected abstract Task AssertNothingLeftAsync();

    private async Task<List<ObjectEntry>> ListAsync(string prefix)
    {
        var found = new List<ObjectEntry>();
        await foreach (var entry in Store.ListAsync(prefix, None))
        {
            found.Add(entry);
        }

        return found;
    }
}
