using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansFlow.Flight;
using OrleansFlow.Rpc.Server;

namespace OrleansFlow.Benchmarks.Macro.Wire;

/// <summary>What runs in the peer process.</summary>
internal static class WirePeerServer
{
    /// <summary>Path of the bare byte stream; the number of bytes follows.</summary>
    public const string Download = "/bytes/";

    /// <summary>Path that swallows a body.</summary>
    public const string Upload = "/swallow";

    /// <summary>Path that gives a small body back.</summary>
    public const string Echo = "/echo";

    private const int ChunkBytes = 64 * 1024;

    /// <summary>Serves until the standard input ends, which is when the measuring process does.</summary>
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRpcServer();
        await using var app = builder.Build();
        using var rows = new WireRows();
        app.MapRpcService(FlightRpc.Define(new WireProducer(rows)));
        app.MapPost(Download + "{count:long}", (long count, HttpContext http) => DownloadAsync(rows, count, http));
        app.MapPost(Upload, (RequestDelegate)SwallowAsync);
        app.MapPost(Echo, (RequestDelegate)EchoAsync);
        await app.StartAsync();
        using var sockets = new BareSockets(rows);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{app.Urls.Single()} {sockets.Port}"));
        await Console.In.ReadToEndAsync();
    }

    private static async Task DownloadAsync(WireRows rows, long count, HttpContext http)
    {
        for (var left = count; left > 0;)
        {
            foreach (var part in rows.Parts)
            {
                for (var at = 0; at < part.Length && left > 0;)
                {
                    var take = (int)Math.Min(Math.Min(ChunkBytes, part.Length - at), left);
                    await http.Response.BodyWriter.WriteAsync(part.Slice(at, take), http.RequestAborted);
                    at += take;
                    left -= take;
                }
            }
        }
    }

    private static async Task SwallowAsync(HttpContext http)
    {
        ReadResult read;
        do
        {
            read = await http.Request.BodyReader.ReadAsync(http.RequestAborted);
            http.Request.BodyReader.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
    }

    private static async Task EchoAsync(HttpContext http)
    {
        var body = new byte[(int)http.Request.ContentLength!];
        await http.Request.Body.ReadExactlyAsync(body, http.RequestAborted);
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
