using Google.Protobuf;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>The examples of <c>docs/worker.md</c> compile, and are the ones on the page.</summary>
public class WorkerPageTests
{
    [Fact]
    public void EveryExample_OfThePage_IsCompiled()
    {
        var folders = (string[])[RepositoryRoot.Combine("Tests", "Worker", "Queries"), RepositoryRoot.Combine("samples", "QueryWorker"), RepositoryRoot.Combine("samples", "QueryExtensions")];
        var sources = folders.SelectMany(folder => Directory.GetFiles(folder, "*.cs")).Select(file => Code(File.ReadAllText(file))).ToList();
        var page = File.ReadAllText(RepositoryRoot.Combine("docs", "worker.md")).ReplaceLineEndings("\n");
        var examples = page.Split("```csharp\n").Skip(1).Select(static rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]).ToList();

        Assert.True(examples.Count >= 8);
        Assert.All(examples, example => Assert.Contains(sources, source => source.Contains(Code(example), StringComparison.Ordinal)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Client_OfThePage_GetsTheAnswer()
    {
        await using var node = await QueryNode.StartAsync();
        Assert.Equal(["42"], await AskAsync("http://" + new Uri(node.Location).Authority));
    }

    private static async Task<List<string>> AskAsync(string address)
    {
        await using var channel = RpcChannel.ForAddress(address);
        var plan = new TaskPlan { Key = new TaskKey { QueryId = "my-query-1", Attempt = 1 }, Sql = "SELECT 6 * 7 AS answer" };
        byte[] ticket = [.. "Q1"u8, .. new TaskTicket { Plan = plan }.ToByteArray()];
        var rows = new FlightClient(channel).DoGet(new FlightTicket(ticket));
        return await QueryNode.RowsAsync(rows);
    }

    private static string Code(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));
}
