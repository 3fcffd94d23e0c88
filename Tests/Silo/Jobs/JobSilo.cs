using Google.Protobuf;
using OrleansFlow.Client;
using OrleansFlow.Client.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tests.Silo.Support;
using StreamProgram = OrleansFlow.Protocol.Streaming.V1.Program;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>A silo with storage that can be stopped and started again, without workers of its own.</summary>
internal sealed class JobSilo : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TimeSpan _grace;
    private readonly Action<FlowSiloOptions>? _configure;

    private JobSilo(TimeSpan grace, Action<FlowSiloOptions>? configure) => (_grace, _configure) = (grace, configure);

    public FlowSiloHost Host { get; private set; } = null!;

    public FlowClient Client { get; private set; } = null!;

    public RpcChannel Channel { get; private set; } = null!;

    /// <summary>Two subtasks of a source and of a sink.</summary>
    public static StreamProgram Program { get; } = new()
    {
        Nodes =
        {
            new ProgramNode { Id = 1, Description = "rides", Parallelism = 2, Chain = { new ProgramOperator { Id = "source", Kind = "impulse" } } },
            new ProgramNode { Id = 2, Description = "files", Parallelism = 2, Chain = { new ProgramOperator { Id = "sink", Kind = "files" } } },
        },
        Edges = { new ProgramEdge { Source = 1, Target = 2, Kind = EdgeKind.Shuffle } },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="grace">How long a lost session may stay away; null: for long.</param>
    /// <param name="configure">Changes its options; null for none.</param>
    public static async Task<JobSilo> StartAsync(TimeSpan? grace = null, Action<FlowSiloOptions>? configure = null)
    {
        var silo = new JobSilo(grace ?? TimeSpan.FromMinutes(1), configure);
        await silo.StartHostAsync();
        return silo;
    }

    public async Task RestartAsync()
    {
        await StopHostAsync();
        await StartHostAsync();
    }

    public Task<ScriptedJobWorker> WorkerAsync(string id, int slots = 1, string onlyJob = "", params JobContext[] runs) => ScriptedJobWorker.RegisterAsync(Channel, id, slots, onlyJob, runs);

    /// <param name="id">The job; its checkpoints begin when the test says so.</param>
    public Task<FlowStreamJob> SubmitAsync(string id) =>
        Client.Jobs.SubmitProgramAsync(Program.ToByteArray(), new StreamJobOptions { JobId = id, CheckpointInterval = TimeSpan.FromHours(1) }, Token);

    /// <summary>Waits until a job stands as it should.</summary>
    public async Task<FlowStreamJob> UntilAsync(string id, Func<FlowStreamJob, bool> isThere)
    {
        await foreach (var job in Client.Jobs.WatchAsync(id, cancellationToken: Token))
        {
            if (isThere(job))
            {
                return job;
            }
        }

        throw new InvalidOperationException($"Job '{id}' finished before it stood as the test wants.");
    }

    public Task<FlowStreamJob> UntilAsync(string id, StreamJobState state) => UntilAsync(id, job => job.State == state);

    public async ValueTask DisposeAsync()
    {
        await StopHostAsync();
        _folder.Dispose();
    }

    private async Task StartHostAsync()
    {
        var options = RunningSilo.Options(_folder.Combine("data"));
        options.WorkerSlots = 0;
        options.ConfigureWorker = null;
        options.ConfigureLeases = leases =>
        {
            leases.Duration = TimeSpan.FromMinutes(5);
            leases.ReconnectGrace = _grace;
        };
        _configure?.Invoke(options);
        Host = await FlowSiloHost.StartAsync(options, Token);
        var token = Host.Endpoints.Token;
        Client = FlowClient.Connect(Host.Endpoints.GrpcUrl, token);
        Channel = RpcChannel.ForAddress(Host.Endpoints.GrpcUrl, new RpcChannelOptions { BearerToken = _ => ValueTask.FromResult(token) });
    }

    private async Task StopHostAsync()
    {
        await Client.DisposeAsync();
        await Channel.DisposeAsync();
        await Host.DisposeAsync();
    }
}
