using OrleansFlow.Errors;
using OrleansFlow.Storage.Schema;

namespace OrleansFlow.Tests.Storage.Postgres;

public sealed class PostgresOwnershipTests(PostgresFixture postgres)
{
    private static readonly GrainId Grain = GrainId.Create("note", "one");
    private readonly string _schema = postgres.NewSchema();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_WhileAnotherOwnsTheStore_WaitsAndTakesOverWhenTheOwnerLeaves()
    {
        var connectionString = await postgres.ConnectAsync(Cancellation);
        var owner = await PostgresStoreFixture.OpenAsync(connectionString, _schema);
        await owner.WriteAsync(Grain, "of the first");
        await using var standby = new PostgresStoreFixture(connectionString, _schema);
        var opening = standby.Store.OpenAsync(Cancellation);

        await owner.WriteAsync(GrainId.Create("note", "two"), "still the owner's");
        Assert.False(opening.IsCompleted);
        await owner.DisposeAsync();
        await opening;

        Assert.Equal("of the first", (await standby.ReadAsync(Grain)).State.Text);
        Assert.Equal(2, (await StoreMigrator.ForPostgres(connectionString, _schema).ReadAsync(Cancellation))!.OwnerEpoch);
    }

    [Fact]
    public async Task Open_OfAStoreWhoseOwnerFellSilent_TakesOverAndTheFirstCanWriteNoMore()
    {
        var connectionString = await postgres.ConnectAsync(Cancellation);

        // Its heartbeats are five minutes apart: to everybody else it is paused.
        await using var paused = await PostgresStoreFixture.OpenAsync(connectionString, _schema, options => options.OwnerTimeout = TimeSpan.FromMinutes(5));
        var known = await paused.WriteAsync(Grain, "before the pause");

        await using var next = await PostgresStoreFixture.OpenAsync(connectionString, _schema);
        var exception = await Assert.ThrowsAsync<FlowException>(() => paused.WriteAsync(Grain, "after the pause", known));
        var other = await Assert.ThrowsAsync<FlowException>(() => paused.WriteAsync(GrainId.Create("note", "new"), "after the pause"));

        Assert.Equal(FlowErrorCode.StoreInUse, exception.Code);
        Assert.Equal(FlowErrorCode.StoreInUse, other.Code);
        Assert.True(paused.Store.Lost.IsCancellationRequested);
        Assert.Equal("before the pause", (await next.ReadAsync(Grain)).State.Text);
        await next.WriteAsync(Grain, "of the next", await next.ReadAsync(Grain));
    }

    [Fact]
    public async Task Open_WhileASilentOwnerHasATransactionOpen_CutsItOff()
    {
        var connectionString = await postgres.ConnectAsync(Cancellation);
        await using (await PostgresStoreFixture.OpenAsync(connectionString, _schema))
        {
        }

        // What a process leaves that was stopped while it sent a group: the check has passed, the commit has not been sent.
        await using var stuck = new Npgsql.NpgsqlConnection($"{connectionString};Search Path={_schema};Pooling=false");
        await stuck.OpenAsync(Cancellation);
        await using var command = new Npgsql.NpgsqlCommand(
            $"BEGIN; SELECT hold_store(1, hashtextextended('orleansflow owner of {_schema}', 0)); UPDATE grain_state SET payload = 'late'", stuck);
        await command.ExecuteNonQueryAsync(Cancellation);

        await using var next = await PostgresStoreFixture.OpenAsync(connectionString, _schema);
        await next.WriteAsync(Grain, "of the next");

        command.CommandText = "COMMIT";
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => command.ExecuteNonQueryAsync(Cancellation));
    }

    [Fact]
    public async Task Open_ByManyAtOnce_MakesOneOwner()
    {
        var connectionString = await postgres.ConnectAsync(Cancellation);
        var stores = Enumerable.Range(0, 4).Select(_ => new PostgresStoreFixture(connectionString, _schema)).ToList();
        var openings = stores.Select(store => store.Store.OpenAsync(Cancellation)).ToList();

        // One after the other becomes the owner and leaves.
        for (var turn = 1; stores.Count > 0; turn++)
        {
            await await Task.WhenAny(openings);
            var index = openings.FindIndex(opening => opening.IsCompleted);
            await stores[index].WriteAsync(GrainId.Create("note", $"turn-{turn}"), "mine");
            Assert.Equal(turn, (await StoreMigrator.ForPostgres(connectionString, _schema).ReadAsync(Cancellation))!.OwnerEpoch);
            var owners = openings.Count(opening => opening.IsCompleted);
            Assert.Equal(1, owners);
            await stores[index].DisposeAsync();
            stores.RemoveAt(index);
            openings.RemoveAt(index);
        }
    }

    [Fact]
    public async Task Open_WithoutSingleOwner_LetsSeveralSilosWrite()
    {
        var connectionString = await postgres.ConnectAsync(Cancellation);
        await using var first = await PostgresStoreFixture.OpenAsync(connectionString, _schema, options => options.SingleOwner = false);
        await using var second = await PostgresStoreFixture.OpenAsync(connectionString, _schema, options => options.SingleOwner = false);

        await first.WriteAsync(Grain, "of the first");
        await second.WriteAsync(Grain, "of the second", await second.ReadAsync(Grain));

        Assert.Equal("of the second", (await first.ReadAsync(Grain)).State.Text);
    }
}
