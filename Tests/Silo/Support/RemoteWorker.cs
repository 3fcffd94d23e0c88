using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A worker that reaches its gateway by gRPC and serves data of its own, as a process of its own would.</summary>
internal sealed class RemoteWorker : IAsyncDisposable
{
    private readonly IHost _host;
    private bool _isDisposed;

    private RemoteWorker(IHost host) => _host = host;

    public static async Task<RemoteWorker> StartAsync(RunningSilo silo, string id, Action<WorkerDataOptions>? configure = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        RunningSilo.AddHandlers(builder.Services.AddOrleansFlowWorker(options =>
        {
            (options.WorkerId, options.Gateway, options.Token, options.Slots) = (id, silo.Host.Endpoints.GrpcUrl, silo.Host.Endpoints.Token, 2);
            options.ShutdownGrace = TimeSpan.Zero;
        }));
        builder.Services.Configure<WorkerDataOptions>(data => configure?.Invoke(data));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.Services.GetRequiredService<FlowWorker>().Registered.WaitAsync(TestContext.Current.CancellationToken);
        return new RemoteWorker(host);
    }

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
