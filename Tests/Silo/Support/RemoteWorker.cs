using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A worker that reaches its gateway by gRPC and serves data of its own, as a process of its own would.</summary>
internal sealed class RemoteWorker : IAsyncDisposable
{
    private readonly IHost _host;
    private bool _isDisposed;

    private RemoteWorker(IHost host) => _host = host;

    /// <summary>Starts one that has the handlers of <see cref="RunningSilo.AddHandlers"/>.</summary>
    public static Task<RemoteWorker> StartAsync(RunningSilo silo, string id, Action<WorkerDataOptions>? configure = null, Action<QueryWorkerOptions>? queries = null) =>
        StartAsync(silo, id, slots: 2, RunningSilo.AddHandlers, configure: configure, queries: queries);

    /// <summary>Starts one.</summary>
    /// <param name="silo">The silo that it works for.</param>
    /// <param name="id">Its id.</param>
    /// <param name="slots">Tasks that it runs at once.</param>
    /// <param name="addHandlers">Names its handlers, and their services.</param>
    /// <param name="gateway">Where it finds the gateway; null for the silo's own address.</param>
    /// <param name="configure">Changes how it serves data.</param>
    /// <param name="queries">Changes how it runs tasks of queries.</param>
    public static async Task<RemoteWorker> StartAsync(
        RunningSilo silo, string id, int slots, Action<WorkerBuilder> addHandlers, string? gateway = null, Action<WorkerDataOptions>? configure = null, Action<QueryWorkerOptions>? queries = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        addHandlers(builder.Services.AddOrleansFlowWorker(options =>
        {
            (options.WorkerId, options.Gateway, options.Token, options.Slots) = (id, gateway ?? silo.Host.Endpoints.GrpcUrl, silo.Host.Endpoints.Token, slots);
            options.ShutdownGrace = TimeSpan.Zero;

            // Tests that run beside this one have workers of the same ids.
            options.TempFolder = Path.Combine(silo.DataFolder, "workers");
        }));
        builder.Services.Configure<WorkerDataOptions>(data => configure?.Invoke(data));
        builder.Services.Configure<QueryWorkerOptions>(options => queries?.Invoke(options));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.Services.GetRequiredService<FlowWorker>().Registered.WaitAsync(TestContext.Current.CancellationToken);
        return new RemoteWorker(host);
    }

    /// <summary>What runs its tasks of queries.</summary>
    public QueryWorkerService Queries => _host.Services.GetRequiredService<FlowWorker>().Queries!;

    public async ValueTask DisposeAsync()
    {
        // Some tests stop it in their middle.
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}
