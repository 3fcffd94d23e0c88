using Microsoft.Extensions.Logging;
using OrleansFlow.Client;
using OrleansFlow.Flight;
using OrleansFlow.Inputs;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tests.Silo.Workflows;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A whole silo on free ports with a data folder of its own, an in-process worker for every test role, and clients of it.</summary>
internal sealed class RunningSilo : IAsyncDisposable
{
    private readonly TempFolder _folder;

    private RunningSilo(TempFolder folder, FlowSiloHost host)
    {
        _folder = folder;
        Host = host;
        var token = host.Endpoints.Token;
        Client = FlowClient.Connect(host.Endpoints.GrpcUrl, token);
        Channel = RpcChannel.ForAddress(host.Endpoints.GrpcUrl, new RpcChannelOptions { BearerToken = _ => ValueTask.FromResult(token) });
        Flight = new FlightClient(Channel);
    }

    public FlowSiloHost Host { get; }

    public FlowClient Client { get; }

    public RpcChannel Channel { get; }

    public FlightClient Flight { get; }

    public string DataFolder => _folder.Combine("data");

    public static async Task<RunningSilo> StartAsync(Action<FlowSiloOptions>? configure = null)
    {
        var folder = new TempFolder();
        try
        {
            var options = Options(folder.Combine("data"));
            configure?.Invoke(options);
            return new RunningSilo(folder, await FlowSiloHost.StartAsync(options, TestContext.Current.CancellationToken));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Options of a silo on free ports.</summary>
    public static FlowSiloOptions Options(string? dataFolder) => new()
    {
        DataFolder = dataFolder,
        GrpcPort = 0,
        HttpPort = 0,
        WorkerSlots = 4,

        // Tests leave tasks behind that never end; their silo should not wait long for them.
        StopTimeout = TimeSpan.FromSeconds(1),
        LogLevel = LogLevel.Error,
        ConfigureWorker = AddHandlers,
    };

    public static void AddHandlers(WorkerBuilder worker)
    {
        TestFlows.AddTo(worker);
        worker
            .AddHandler<NumbersHandler>("numbers")
            .AddHandler<SumHandler>("sum")
            .AddHandler<FailHandler>("fail")
            .AddHandler<WaitHandler>("wait")
            .AddHandler<EchoHandler>("echo")
            .AddInputAdapter<RangeAdapter>("own.range", new AdapterArgument("to", AdapterArgumentKind.WholeNumber, IsRequired: true) { Minimum = 0 });
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Channel.DisposeAsync();
        await Host.DisposeAsync();
        _folder.Dispose();
    }
}
