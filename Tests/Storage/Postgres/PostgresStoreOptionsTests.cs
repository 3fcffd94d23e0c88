using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Tests.Storage.Postgres;

public sealed class PostgresStoreOptionsTests
{
    public static TheoryData<Action<PostgresStoreOptions>, string> Faulty() => new()
    {
        { options => options.ConnectionString = "", "ConnectionString is empty" },
        { options => options.ConnectionString = "Database=flow", "ConnectionString names no Host" },
        { options => options.ConnectionString = "no such thing", "ConnectionString cannot be read" },
        { options => options.ConnectionString = "Host=h;Colour=green", "ConnectionString cannot be read" },
        { options => options.Schema = "Flow", "Schema is 'Flow'; use a lower-case name" },
        { options => options.Schema = new string('s', 64), "Schema is 'sss" },
        { options => options.OwnerTimeout = TimeSpan.FromMilliseconds(499), "OwnerTimeout is 00:00:00.4990000; use 00:00:00.5000000 to 00:05:00" },
        { options => options.OwnerTimeout = TimeSpan.FromMinutes(6), "OwnerTimeout is 00:06:00" },
        { options => options.GroupWritesMax = 0, "GroupWritesMax is 0; use 1 to 16384" },
        { options => options.GroupWritesMax = 16_385, "GroupWritesMax is 16385" },
        { options => options.GroupBytesMax = 65_535, "GroupBytesMax is 65535; use 65536 to 268435456" },
        { options => options.QueueWritesMax = 0, "QueueWritesMax is 0; use 1 to 1048576" },
        { options => options.WriteConnections = 0, "WriteConnections is 0; use 1 to 32" },
        { options => options.WriteConnections = 33, "WriteConnections is 33" },
        { options => options.ReadConnectionsMax = 257, "ReadConnectionsMax is 257; use 1 to 256" },
        { options => options.StatementTimeout = TimeSpan.FromMilliseconds(99), "StatementTimeout is 00:00:00.0990000" },
        { options => options.OutageTimeout = TimeSpan.FromHours(2), "OutageTimeout is 02:00:00; use 00:00:00 to 01:00:00" },
        { options => options.ReconnectDelayMax = TimeSpan.FromMilliseconds(49), "ReconnectDelayMax is 00:00:00.0490000" },
    };

    public static TheoryData<Action<PostgresStoreOptions>> AtTheBoundary() => new()
    {
        options => options.Schema = new string('s', 63),
        options => options.OwnerTimeout = TimeSpan.FromMilliseconds(500),
        options => options.GroupWritesMax = 16_384,
        options => options.GroupBytesMax = 65_536,
        options => options.WriteConnections = 32,
        options => options.StatementTimeout = TimeSpan.FromMilliseconds(100),
        options => options.OutageTimeout = TimeSpan.Zero,
        options => options.ReconnectDelayMax = TimeSpan.FromMilliseconds(50),
    };

    [Theory, MemberData(nameof(Faulty))]
    public void Validate_ValueOutOfRange_NamesKeyValueAndRange(Action<PostgresStoreOptions> change, string expected)
    {
        var options = new PostgresStoreOptions { ConnectionString = "Host=h;Password=secret-word" };
        change(options);

        var result = new PostgresStoreOptionsValidator().Validate(null, options);

        Assert.True(result.Failed);
        Assert.Contains(result.Failures, failure => failure.Contains(PostgresStoreOptions.SectionName + ":" + expected, StringComparison.Ordinal));
        Assert.DoesNotContain(result.Failures, failure => failure.Contains("secret-word", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(AtTheBoundary))]
    public void Validate_ValueAtTheBoundary_IsAccepted(Action<PostgresStoreOptions> change)
    {
        var options = new PostgresStoreOptions { ConnectionString = "Host=h" };
        change(options);

        Assert.False(new PostgresStoreOptionsValidator().Validate(null, options).Failed);
    }
}
