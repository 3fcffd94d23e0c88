using System.Collections.Concurrent;
using System.Globalization;
using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Storage.Postgres;

/// <summary>A server of their own, which is stopped and killed under load.</summary>
public sealed class PostgresFailoverTests : IAsyncLifetime
{
    private const int Writers = 40;
    private PostgresServer? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Requires.That(PostgresServer.IsInstalled, "PostgreSQL (initdb and postgres on PATH, or Debian's package postgresql)");
        _server = await PostgresServer.StartAsync(null, Cancellation);
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_WhileTheServerIsRestarted_LosesNothingAcknowledgedAndGoesOnByItself(bool kill)
    {
        await using var store = await PostgresStoreFixture.OpenAsync(_server!.ConnectionString, "flow", options => options.OwnerTimeout = TimeSpan.FromMinutes(1));
        var acknowledged = new ConcurrentDictionary<int, int>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writers = Enumerable.Range(0, Writers).Select(writer => WriteUntilAsync(store, writer, acknowledged, enough.Token)).ToList();

        for (var round = 0; round < 3; round++)
        {
            await WaitForProgressAsync(acknowledged);
            await (kill ? _server.KillAsync() : _server.StopAsync());
            await _server.StartAsync(Cancellation);
        }

        await WaitForProgressAsync(acknowledged);
        await enough.CancelAsync();
        await Task.WhenAll(writers);

        foreach (var (writer, number) in acknowledged)
        {
            Assert.Equal(number.ToString(CultureInfo.InvariantCulture), (await store.ReadAsync(Key(writer))).State.Text);
        }
    }

    [Fact]
    public async Task Write_WhileTheServerStaysAway_FailsWithStoreUnavailableAfterTheOutageTimeout()
    {
        await using var store = await PostgresStoreFixture.OpenAsync(_server!.ConnectionString, "flow", options => options.OutageTimeout = TimeSpan.FromMilliseconds(300));
        var known = await store.WriteAsync(Key(1), "before");
        await _server.StopAsync();

        var write = await Assert.ThrowsAsync<FlowException>(() => store.WriteAsync(Key(1), "lost", known));
        var read = await Assert.ThrowsAsync<FlowException>(() => store.ReadAsync(Key(1)));

        Assert.Equal(FlowErrorCode.StoreUnavailable, write.Code);
        Assert.Equal(FlowErrorCode.StoreUnavailable, read.Code);
        await _server.StartAsync(Cancellation);
        Assert.Equal("before", (await store.ReadAsync(Key(1))).State.Text);
    }

    private static GrainId Key(int writer) => GrainId.Create("note", writer.ToString(CultureInfo.InvariantCulture));

    /// <summary>Every write must be acknowledged, and an etag conflict would mean that a committed write was reported as lost.</summary>
    private static async Task WriteUntilAsync(PostgresStoreFixture store, int writer, ConcurrentDictionary<int, int> acknowledged, CancellationToken enough)
    {
        var state = new GrainState<Note>(new Note());
        for (var number = 1; !enough.IsCancellationRequested; number++)
        {
            await store.WriteAsync(Key(writer), number.ToString(CultureInfo.InvariantCulture), state);
            acknowledged[writer] = number;
        }
    }

    private static async Task WaitForProgressAsync(ConcurrentDictionary<int, int> acknowledged)
    {
        var before = acknowledged.ToDictionary();
        while (Enumerable.Range(0, Writers).Any(writer => acknowledged.GetValueOrDefault(writer) < before.GetValueOrDefault(writer) + 3))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }
}
