namespace OrleansFlow.Tests.Storage.Kill;

/// <summary>See <see cref="KillRounds"/>. Every third round kills the server too, which then recovers from its own log.</summary>
public sealed class PostgresKillTests
{
    private const int RoundsByDefault = 6;
    private const int RoundsPerServer = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 3_600_000)]
    public async Task Kill9_OfWriterAndServerAtRandomInstants_KeepsEveryAcknowledgedWriteAndNoHalfOfAnother()
    {
        Requires.That(PostgresServer.IsInstalled, "PostgreSQL (initdb and postgres on PATH, or Debian's package postgresql)");
        await using var server = await PostgresServer.StartAsync(null, Cancellation);

        await new KillRounds(KillableStore.Postgres, server.ConnectionString).RunAsync(RoundsByDefault, async round =>
        {
            if (round % RoundsPerServer == RoundsPerServer - 1)
            {
                await server.KillAsync();
                await server.StartAsync(Cancellation);
            }
        });
    }
}
