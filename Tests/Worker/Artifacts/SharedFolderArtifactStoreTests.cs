using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Artifacts;

namespace OrleansFlow.Tests.Worker.Artifacts;

public sealed class SharedFolderArtifactStoreTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "orleansflow-tests", Guid.NewGuid().ToString("N"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    [Theory]
    [InlineData("run/scan/3", "run/scan/3/5.e2.arrow")]
    [InlineData("lonely", "_tasks/lonely/5.e2.arrow")]
    public async Task WriteAsync_ThenOpenRead_GivesTheRowsBackWithoutTheReader(string task, string path)
    {
        var store = new SharedFolderArtifactStore(_root);
        using var written = HandlerScript.Numbers(1, 2, 3);

        var stored = await store.WriteAsync(TaskId.Parse(task), 2, 5, written, Token);

        Assert.Equal(path, stored.Path);
        Assert.Equal(3, stored.Rows);
        Assert.Equal(new FileInfo(Path.Combine(_root, path)).Length, stored.Bytes);
        RecordBatch read;
        using (var file = store.OpenRead(stored.Path))
        {
            Assert.Equal(1, file.BatchCount);
            Assert.Equal(written.Schema.ToString(), file.Schema.ToString());
            read = file.ReadBatch(0);
        }

        using (read)
        {
            Assert.Equal([1, 2, 3], read.Column<Int64Array>("n").Values.ToArray());
        }
    }

    [Fact]
    public async Task SweepAsync_DeletesWhatOlderEpochsWroteBeyondWhatWasAccepted()
    {
        var store = new SharedFolderArtifactStore(_root);
        using var batch = HandlerScript.Numbers(1);
        var task = TaskId.Parse("r/n/0");
        foreach (var (epoch, index) in ((long, int)[])[(1, 0), (1, 1), (1, 2), (2, 0), (2, 2), (3, 2), (4, 2)])
        {
            await store.WriteAsync(task, epoch, index, batch, Token);
        }

        await store.WriteAsync(TaskId.Parse("r/n/1"), 1, 2, batch, Token);
        var folder = Path.Combine(_root, "r/n/0");
        foreach (var name in (string[])[".0.e2.arrow.tmp", ".9.e3.arrow.tmp", "notes.txt", "9.arrow"])
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), "", Token);
        }

        Assert.Equal(3, await store.SweepAsync(task, 3, 2, Token));

        Assert.Equal([".9.e3.arrow.tmp", "0.e1.arrow", "0.e2.arrow", "1.e1.arrow", "2.e3.arrow", "2.e4.arrow", "9.arrow", "notes.txt"], FilesOf("r/n/0"));
        Assert.Equal(["2.e1.arrow"], FilesOf("r/n/1"));
    }

    [Fact]
    public async Task SweepAsync_OfATaskThatWroteNothing_DeletesNothing() =>
        Assert.Equal(0, await new SharedFolderArtifactStore(_root).SweepAsync(TaskId.Parse("r/n/0"), 3, 0, Token));

    [Fact]
    public async Task WriteAsync_Repeated_ReplacesTheFileAndLeavesNoTemporaryOne()
    {
        var store = new SharedFolderArtifactStore(_root);
        using var batch = HandlerScript.Numbers(1);
        await store.WriteAsync(TaskId.Parse("r/n/0"), 1, 0, batch, Token);
        await store.WriteAsync(TaskId.Parse("r/n/0"), 1, 0, batch, Token);

        Assert.Equal(["0.e1.arrow"], FilesOf("r/n/0"));
    }

    [Fact]
    public async Task WriteAsync_AfterACrashLeftATemporaryFile_ReplacesItAndNobodyReadsIt()
    {
        var store = new SharedFolderArtifactStore(_root);
        Directory.CreateDirectory(Path.Combine(_root, "r/n/0"));
        await File.WriteAllTextAsync(Path.Combine(_root, "r/n/0", ".0.e1.arrow.tmp"), "half", Token);
        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => store.OpenRead("r/n/0/.0.e1.arrow.tmp")).Code);

        using var batch = HandlerScript.Numbers(4);
        var stored = await store.WriteAsync(TaskId.Parse("r/n/0"), 1, 0, batch, Token);

        using var file = store.OpenRead(stored.Path);
        Assert.Equal(["0.e1.arrow"], FilesOf("r/n/0"));
    }

    [Fact]
    public async Task WriteAsync_Cancelled_KeepsNothing()
    {
        var store = new SharedFolderArtifactStore(_root);
        using var batch = HandlerScript.Numbers(4);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.WriteAsync(TaskId.Parse("r/n/0"), 1, 0, batch, new CancellationToken(canceled: true)));

        Assert.Empty(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task WriteAsync_WhereTheFolderCannotBeMade_SaysWhichAndKeepsNothing()
    {
        var store = new SharedFolderArtifactStore(_root);
        await File.WriteAllTextAsync(Path.Combine(_root, "r"), "in the way", Token);
        using var batch = HandlerScript.Numbers(4);

        var failure = await Assert.ThrowsAsync<FlowException>(async () => await store.WriteAsync(TaskId.Parse("r/n/0"), 1, 0, batch, Token));

        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
        Assert.Contains(_root, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_OnAFullDisk_IsStoreFull()
    {
        // Every write to this device fails with "no space left".
        Requires.That(File.Exists("/dev/full"), "/dev/full");
        var store = new SharedFolderArtifactStore(_root);
        Directory.CreateDirectory(Path.Combine(_root, "r/n/0"));
        File.CreateSymbolicLink(Path.Combine(_root, "r/n/0", ".0.e1.arrow.tmp"), "/dev/full");
        using var batch = HandlerScript.Numbers(4);

        var failure = await Assert.ThrowsAsync<FlowException>(async () => await store.WriteAsync(TaskId.Parse("r/n/0"), 1, 0, batch, Token));

        Assert.Equal(FlowErrorCode.StoreFull, failure.Code);
        Assert.Empty(FilesOf("r/n/0"));
    }

    [Theory]
    [InlineData("../secret.arrow")]
    [InlineData("/etc/passwd")]
    [InlineData("r/n/0/../../../x/0.e1.arrow")]
    [InlineData("r/n/../0.e1.arrow")]
    [InlineData("r/n/0/0.e1.parquet")]
    [InlineData("r/n/0/0.arrow")]
    [InlineData("r/n/0/-1.e1.arrow")]
    [InlineData("r/n/x/0.e1.arrow")]
    [InlineData("lonely/0.e1.arrow")]
    [InlineData("_tasks/../0.e1.arrow")]
    [InlineData("_tasks/a/b/0.e1.arrow")]
    [InlineData("r\\n\\0\\0.e1.arrow")]
    [InlineData("")]
    public void OpenRead_OfAPathThatIsNone_IsRefused(string path) =>
        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => new SharedFolderArtifactStore(_root).OpenRead(path)).Code);

    [Fact]
    public async Task OpenRead_OfAMissingOrDamagedFile_IsArtifactLost()
    {
        var store = new SharedFolderArtifactStore(_root);
        var missing = Assert.Throws<FlowException>(() => store.OpenRead("r/n/0/0.e1.arrow"));
        Assert.Equal(FlowErrorCode.ArtifactLost, missing.Code);
        Assert.Contains("'flow rerun r/n'", missing.Message, StringComparison.Ordinal);

        Directory.CreateDirectory(Path.Combine(_root, "r/n/0"));
        await File.WriteAllTextAsync(Path.Combine(_root, "r/n/0/0.e1.arrow"), "no arrow file at all", Token);
        Assert.Equal(FlowErrorCode.ArtifactLost, Assert.Throws<FlowException>(() => store.OpenRead("r/n/0/0.e1.arrow")).Code);
    }

    [Fact]
    public async Task Delete_OfAStandaloneTask_TakesItsFilesAndNoOthers_AndMayBeRepeated()
    {
        var store = new SharedFolderArtifactStore(_root);
        foreach (var file in (string[])["_tasks/t1/0.e1.arrow", "_tasks/t2/0.e1.arrow", "t1/n/0/0.e1.arrow"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, file))!);
            await File.WriteAllTextAsync(Path.Combine(_root, file), "x", Token);
        }

        for (var time = 0; time < 2; time++)
        {
            await store.DeleteAsync(TaskId.Standalone("t1"), Token);
            Assert.Equal(["t2"], FilesOf("_tasks"));
            Assert.Equal(["0.e1.arrow"], FilesOf("t1/n/0"));
        }
    }

    [Fact]
    public void OpenRead_OfAFileThatCannotBeReached_IsNotLostForGood()
    {
        Requires.That(!OperatingSystem.IsWindows(), "a system where a link may point to itself");
        var store = new SharedFolderArtifactStore(_root);
        Directory.CreateDirectory(Path.Combine(_root, "r/n/0"));
        var path = Path.Combine(_root, "r/n/0/0.e1.arrow");
        File.CreateSymbolicLink(path, path);

        Assert.Equal(FlowErrorCode.StoreUnavailable, Assert.Throws<FlowException>(() => store.OpenRead("r/n/0/0.e1.arrow")).Code);
    }

    private string[] FilesOf(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(Path.Combine(_root, folder)).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
}
