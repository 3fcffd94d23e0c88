using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansFlow.Arrow;
using OrleansFlow.Flight.Exchange;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// The sending process of <see cref="ExchangeTransfer"/>: a listener of exchanges, and a bare socket that sends the same bytes. It writes both
/// addresses, then its processor time for each line that it reads, and ends with its input.
/// </summary>
internal static class ExchangePeer
{
    public const string Argument = "exchange-peer";
    public const int BatchRows = 65_536;
    public const int BatchCount = 512;
    public const int Columns = 4;
    public const int ColumnBytes = BatchRows * sizeof(long);
    public const long Bytes = (long)ColumnBytes * Columns * BatchCount;

    private const string Tcp = "tcp";

    /// <param name="where"><c>tcp</c>, or a folder for sockets.</param>
    public static async Task RunAsync(string where)
    {
        var schema = new ArrowSchema([.. Enumerable.Range(0, Columns).Select(column => new ArrowField($"c{column}", ArrowType.Int64, isNullable: false))]);
        using var builder = new RecordBatchBuilder(schema);
        for (var column = 0; column < Columns; column++)
        {
            var values = builder.Column<Int64Builder>(column);
            for (var row = 0; row < BatchRows; row++)
            {
                values.Append(((long)column * BatchRows) + row);
            }
        }

        using var batch = builder.Build();
        var address = where == Tcp ? ExchangeAddress.Tcp("127.0.0.1", 0) : ExchangeAddress.Unix(Path.Combine(where, "exchange"));
        await using var listener = ExchangeListener.Start(new ExchangeListenerOptions { Address = address }, async call =>
        {
            for (var index = 0; index < BatchCount; index++)
            {
                await call.Stream.WriteAsync(batch, cancellationToken: call.CancellationToken);
            }
        });

        using var bare = where == Tcp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        bare.Bind(where == Tcp ? new IPEndPoint(IPAddress.Loopback, 0) : new UnixDomainSocketEndPoint(Path.Combine(where, "bare")));
        bare.Listen();
        using var stop = new CancellationTokenSource();
        var serving = ServeBareAsync(bare, stop.Token);
        Console.WriteLine($"{listener.Address} {((bare.LocalEndPoint as IPEndPoint)?.Port ?? 0).ToString(CultureInfo.InvariantCulture)}");
        while (await Console.In.ReadLineAsync() is not null)
        {
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(process.TotalProcessorTime.TotalSeconds.ToString("R", CultureInfo.InvariantCulture));
        }

        await stop.CancelAsync();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task ServeBareAsync(Socket bare, CancellationToken cancellationToken)
    {
        var columns = Enumerable.Range(0, Columns).Select(_ => new ArraySegment<byte>(new byte[ColumnBytes])).ToArray();
        while (true)
        {
            using var socket = await bare.AcceptAsync(cancellationToken);
            for (var index = 0; index < BatchCount; index++)
            {
                // The runtime sends all of them before it returns.
                await socket.SendAsync(columns, SocketFlags.None);
            }
        }
    }
}
