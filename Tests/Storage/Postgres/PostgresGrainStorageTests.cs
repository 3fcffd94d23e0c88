using Orleans.Storage;
using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Storage.Postgres;

public sealed class PostgresGrainStorageTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly GrainId Grain = GrainId.Create("note", "one");
    private readonly string _schema = postgres.NewSchema();
    private string _connectionString = "";
    private PostgresStoreFixture _store = null!;

    public async ValueTask InitializeAsync()
    {
        _connectionString = await postgres.ConnectAsync(TestContext.Current.CancellationToken);
        _store = await PostgresStoreFixture.OpenAsync(_connectionString, _schema);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    [Fact]
    public async Task Read_OfAGrainThatNeverWrote_GivesAFreshStateWithoutRecord()
    {
        var state = await _store.ReadAsync(Grain);

        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Equal("", state.State.Text);
    }

    [Fact]
    public async Task Write_AcrossARestartOfTheStore_IsReadBack()
    {
        await _store.WriteAsync(Grain, "kept: \u00e4\u20ac\ud83d\ude00\u0000");
        await _store.DisposeAsync();
        _store = await PostgresStoreFixture.OpenAsync(_connectionString, _schema);

        var state = await _store.ReadAsync(Grain);

        Assert.True(state.RecordExists);
        Assert.Equal("kept: \u00e4\u20ac\ud83d\ude00\u0000", state.State.Text);
    }

    [Fact]
    public async Task Write_WithAStaleEtag_IsRefusedAndTheStoredStateStands()
    {
        await _store.WriteAsync(Grain, "first");
        var mine = await _store.ReadAsync(Grain);
        await _store.WriteAsync(Grain, "theirs", await _store.ReadAsync(Grain));

        await Assert.ThrowsAsync<InconsistentStateException>(() => _store.WriteAsync(Grain, "mine", mine));
        await Assert.ThrowsAsync<InconsistentStateException>(() => _store.WriteAsync(Grain, "new"));
        await Assert.ThrowsAsync<InconsistentStateException>(() => _store.Storage.ClearStateAsync("note", Grain, mine));

        Assert.Equal("theirs", (await _store.ReadAsync(Grain)).State.Text);
    }

    [Fact]
    public async Task Write_ThatConflictsWithinAGroup_FailsAloneAndItsNeighboursAreKept()
    {
        await _store.WriteAsync(Grain, "first");
        for (var round = 0; round < 3; round++)
        {
            var conflicting = Enumerable.Range(0, 20).Select(_ => _store.WriteAsync(Grain, "conflict")).ToList();
            var good = Enumerable.Range(0, 200).Select(index => _store.WriteAsync(GrainId.Create("note", $"good-{round}-{index}"), $"good-{index}")).ToList();

            var states = await Task.WhenAll(good);

            foreach (var write in conflicting)
            {
                await Assert.ThrowsAsync<InconsistentStateException>(() => write);
            }

            await Task.WhenAll(states.Select((state, index) => _store.WriteAsync(GrainId.Create("note", $"good-{round}-{index}"), $"better-{index}", state)));
            Assert.Equal("better-199", (await _store.ReadAsync(GrainId.Create("note", $"good-{round}-199"))).State.Text);
        }

        Assert.Equal("first", (await _store.ReadAsync(Grain)).State.Text);
    }

    [Fact]
    public async Task Write_BehindALockThatIsNotGivenBack_FailsAfterTheStatementTimeoutAndAllOfItsGroupAtOnce()
    {
        var schema = postgres.NewSchema();
        await using var store = await PostgresStoreFixture.OpenAsync(_connectionString, schema, options =>
            (options.SingleOwner, options.StatementTimeout, options.WriteConnections) = (false, TimeSpan.FromMilliseconds(500), 1));
        await using var blocker = new Npgsql.NpgsqlConnection($"{_connectionString};Search Path={schema};Pooling=false");
        await blocker.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE grain_state IN EXCLUSIVE MODE", blocker);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        // One after the other they would take minutes.
        var writes = Enumerable.Range(0, 500).Select(index => store.WriteAsync(GrainId.Create("note", $"locked-{index}"), "x")).ToList();
        foreach (var write in writes)
        {
            var exception = await Assert.ThrowsAsync<FlowException>(() => write);
            Assert.Equal(FlowErrorCode.StoreUnavailable, exception.Code);
            Assert.Contains("StatementTimeout", exception.Message, StringComparison.Ordinal);
        }

        command.CommandText = "ROLLBACK";
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await store.WriteAsync(GrainId.Create("note", "locked-0"), "y");
        Assert.Equal("y", (await store.ReadAsync(GrainId.Create("note", "locked-0"))).State.Text);
    }

    [Fact]
    public async Task Write_ThatTheServerCannotTake_FailsAloneAndItsNeighboursAreKept()
    {
        // A check that only one of the rows breaks, as a full tablespace or an operator's trigger would: the statement fails as a whole.
        await PostgresSql.ExecuteAsync(
            _connectionString,
            $"ALTER TABLE {_schema}.grain_state ADD CONSTRAINT poison CHECK (payload NOT LIKE '%poison%')",
            TestContext.Current.CancellationToken);

        var poisoned = _store.WriteAsync(GrainId.Create("note", "bad"), "poison");
        var good = Enumerable.Range(0, 50).Select(index => _store.WriteAsync(GrainId.Create("note", $"good-{index}"), "good")).ToList();
        await Task.WhenAll(good);

        var exception = await Assert.ThrowsAsync<FlowException>(() => poisoned);
        Assert.Equal(FlowErrorCode.StoreUnavailable, exception.Code);
        Assert.DoesNotContain("\"text\"", exception.Message, StringComparison.Ordinal);
        Assert.False((await _store.ReadAsync(GrainId.Create("note", "bad"))).RecordExists);
    }

    [Fact]
    public async Task Clear_RemovesTheRecordAndALaterWriteStartsAnew()
    {
        var state = await _store.WriteAsync(Grain, "first");

        await _store.Storage.ClearStateAsync("note", Grain, state);

        Assert.False((await _store.ReadAsync(Grain)).RecordExists);
        await _store.WriteAsync(Grain, "again", state);
        Assert.Equal("again", (await _store.ReadAsync(Grain)).State.Text);
    }

    [Fact]
    public async Task TwoNamesOfOneGrain_AreTwoStates()
    {
        await _store.WriteAsync(Grain, "note");

        Assert.False((await _store.ReadAsync(Grain, "other")).RecordExists);
    }

    [Fact]
    public async Task Write_OfALargeState_IsReadBack()
    {
        var text = new string('x', 10_000_000);

        await _store.WriteAsync(Grain, text);

        Assert.Equal(text, (await _store.ReadAsync(Grain)).State.Text);
    }

    [Fact]
    public async Task Read_OfARowThatIsNoJson_NamesTheGrainAndKeepsTheRow()
    {
        await _store.WriteAsync(Grain, "good");
        await PostgresSql.ExecuteAsync(_connectionString, $"UPDATE {_schema}.grain_state SET payload = 'no json {{'", TestContext.Current.CancellationToken);

        for (var read = 0; read < 2; read++)
        {
            var exception = await Assert.ThrowsAsync<FlowException>(() => _store.ReadAsync(Grain));
            Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
            Assert.Contains(Grain.ToString(), exception.Message, StringComparison.Ordinal);
        }
    }
}
