using OrleansFlow.Errors;
using OrleansFlow.Workflows.Stores.Conformance;
using OrleansFlow.Workflows.Stores.Sqlite;

namespace OrleansFlow.Tests.Workflows.Stores;

/// <summary>Goal: the SQLite store does what is promised of every store, for one process at a time.</summary>
public sealed class SqliteStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-workflow-store-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Checks => MemoryStoreTests.Checks;

    private string Database => Path.Combine(_folder.FullName, "runs", "store.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Checks))]
    public async Task Store_Conforms(string check)
    {
        await using var fixture = await StoreFixture.OpenAsync(async (options, token) => await SqliteWorkflowStore.OpenAsync(Database, options, token), cancellationToken: Token);

        await WorkflowStoreConformance.Find(check).RunAsync(fixture, Token);
    }

    [Fact]
    public async Task SecondProcess_IsRefused_AndToldWhoHasTheStore()
    {
        await using var store = await SqliteWorkflowStore.OpenAsync(Database, cancellationToken: Token);

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await SqliteWorkflowStore.OpenAsync(Database, cancellationToken: Token));

        Assert.Equal(FlowErrorCode.StoreInUse, thrown.Code);
        Assert.Contains($"process {Environment.ProcessId}", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsNoDatabase_IsReportedAsCorrupt()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Database)!);
        await File.WriteAllTextAsync(Database, new string('x', 10_000), Token);

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await SqliteWorkflowStore.OpenAsync(Database, cancellationToken: Token));

        Assert.Equal(FlowErrorCode.StateCorrupt, thrown.Code);
    }
}
