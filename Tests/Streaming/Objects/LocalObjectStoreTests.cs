using OrleansFlow.Errors;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Tests.Streaming.Objects;

public sealed class LocalObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flow-objects-").FullName;
    private readonly LocalObjectStore _store;

    public LocalObjectStoreTests() => _store = new LocalObjectStore(Path.Combine(_folder, "store"));

    protected override IObjectStore Store => _store;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task CrashBeforeTheName_LeavesNoObject()
    {
        // What a killed process leaves: the temporary file, never completed.
        var upload = await _store.UploadAsync("half", CancellationToken.None);
        await upload.Content.WriteAsync(new byte[100], CancellationToken.None);
        using var other = new LocalObjectStore(Path.Combine(_folder, "store"));

        Assert.Null(await other.TryGetAsync("half", 1000, CancellationToken.None));
        Assert.True(await other.TryCreateAsync("half", "whole"u8.ToArray(), CancellationToken.None));
        Assert.Equal("whole", await TextAsync("half"));
        await upload.DisposeAsync();
    }

    [Fact]
    public async Task TwoStoresOfAProcess_DoNotTakeEachOthersUnfinishedObjects()
    {
        using var other = new LocalObjectStore(Path.Combine(_folder, "store"));
        var first = await _store.UploadAsync("first", CancellationToken.None);
        await first.CompleteAsync(CancellationToken.None);

        // It has the number of the first one, whose name is free by now.
        await using var second = await other.UploadAsync("second", CancellationToken.None);
        await first.DisposeAsync();
        await second.Content.WriteAsync("whole"u8.ToArray(), CancellationToken.None);
        await second.CompleteAsync(CancellationToken.None);

        Assert.Equal("whole", await TextAsync("second"));
    }

    [Fact]
    public async Task LeftoversOfADayAgo_AreRemovedAtTheNextStart()
    {
        var folder = Path.Combine(_folder, "store");
        var upload = await _store.UploadAsync("half", CancellationToken.None);
        using var soon = new LocalObjectStore(folder, new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(0)));
        Assert.Single(Directory.GetFiles(Path.Combine(folder, LocalObjectStore.TemporaryFolder)));
        using var later = new LocalObjectStore(folder, new ManualTimeProvider(DateTimeOffset.MaxValue.AddDays(-2)));
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, LocalObjectStore.TemporaryFolder)));
        await upload.DisposeAsync();
    }

    [Fact]
    public async Task DeletedObjects_LeaveNoEmptyFolders()
    {
        await _store.PutAsync("a/b/c/d", default, CancellationToken.None);
        await _store.DeleteAsync("a/b/c/d", CancellationToken.None);

        Assert.False(Directory.Exists(Path.Combine(_folder, "store", "a")));
    }

    [Fact]
    public async Task FolderThatCannotBeWritten_IsAnErrorOfTheStore()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "", CancellationToken.None);
        Assert.Equal(FlowErrorCode.StoreUnavailable, Assert.Throws<FlowException>(() => new LocalObjectStore(Path.Combine(_folder, "file", "x"))).Code);
        await _store.PutAsync("taken", default, CancellationToken.None);
        Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(async () => await _store.PutAsync("taken/x", default, CancellationToken.None))).Code);
    }

    [Fact]
    public async Task FullDisk_IsToldFromAFailure()
    {
        const int NoSpace = 28;
        Assert.Equal(FlowErrorCode.StoreFull, _store.Failed(new IOException("no space", NoSpace)).Code);
        Assert.Equal(FlowErrorCode.StoreUnavailable, _store.Failed(new IOException("other", 5)).Code);

        // What the stream of an upload meets comes as an error of the store too.
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no device that is always full.");
        await using var failing = new LocalUploadStream(_store, new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0));
        Assert.Equal(FlowErrorCode.StoreFull, (await Assert.ThrowsAsync<FlowException>(async () => await failing.WriteAsync(new byte[10], CancellationToken.None))).Code);
    }

    [Fact]
    public async Task Url_OpensTheSameStore()
    {
        await _store.PutAsync("a", "1"u8.ToArray(), CancellationToken.None);
        foreach (var url in new[] { _store.Url, Path.Combine(_folder, "store") })
        {
            using var opened = ObjectStores.Open(url);
            Assert.Equal("1"u8.ToArray(), await opened.TryGetAsync("a", 10, CancellationToken.None));
        }
    }

    [Theory]
    [InlineData("file:///")]
    [InlineData("file://host/x")]
    [InlineData("gs://bucket/x")]
    [InlineData("relative/x")]
    [InlineData("s3:///x")]
    [InlineData("s3://user@bucket/x")]
    public void UrlThatIsNone_IsRefused(string url) => Assert.Equal(FlowErrorCode.BadOption, Assert.Throws<FlowException>(() => ObjectStores.Open(url)).Code);

    protected override Task AssertNothingLeftAsync()
    {
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "store", LocalObjectStore.TemporaryFolder)));
        return Task.CompletedTask;
    }
}
