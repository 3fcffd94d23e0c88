namespace OrleansFlow.Tests.Storage.Kill;

/// <summary>See <see cref="KillRounds"/>.</summary>
public sealed class SqliteKillTests : IDisposable
{
    private const int RoundsByDefault = 10;
    private readonly TemporaryFolder _folder = new();

    [Fact(Timeout = 1_200_000)]
    public Task Kill9_AtRandomInstants_KeepsEveryAcknowledgedWriteAndNoHalfOfAnother() =>
        new KillRounds(KillableStore.Sqlite, _folder.Database).RunAsync(RoundsByDefault);

    public void Dispose() => _folder.Dispose();
}
