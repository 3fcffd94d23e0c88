using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Benchmarks.Macro.Engines;

/// <summary>
/// A process that is a query worker and nothing else, with a table <c>numbers</c> of four 64-bit columns in its engine. It writes its address, then its
/// processor time for each line that it reads, and ends with its input.
/// </summary>
internal static class QueryWorkerPeer
{
    public const string Argument = "query-worker-peer";
    public const int RowCount = 8_000_000;
    public const int Columns = 4;

    public static async Task RunAsync()
    {
        var table = string.Create(
            CultureInfo.InvariantCulture,
            $"create table if not exists numbers as select range as c0, range * 3 as c1, range % 1000 as c2, -range as c3 from range({RowCount})");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddQueryWorker(
            QueryWorker.FromSessionBuilder((context, token) => context.ExecuteAsync(table, token)),
            options => (options.EngineThreads, options.MaterializedMemoryBytes) = (1, 1L << 30));
        await using var app = builder.Build();
        app.MapOrleansFlowWorker();
        await app.StartAsync();
        Console.WriteLine(app.Urls.Single());
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(Environment.CpuUsage.TotalTime.TotalSeconds.ToString("R", CultureInfo.InvariantCulture));
        }
    }
}
