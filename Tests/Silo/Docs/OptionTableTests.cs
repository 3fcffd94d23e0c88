using System.Globalization;
using System.Reflection;
using OrleansFlow.Client;
using OrleansFlow.Queries;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Gateway.Jobs;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Silo.Security;
using OrleansFlow.Sql.Roles;
using OrleansFlow.Storage.Postgres;
using OrleansFlow.Storage.Sqlite;
using OrleansFlow.Streaming.Udfs;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Inputs;

namespace OrleansFlow.Tests.Silo.Docs;

/// <summary>The option tables of <c>docs/hosting.md</c> and <c>docs/storage.md</c> against the options classes.</summary>
public sealed class OptionTableTests
{
    public static readonly TheoryData<string, Type> Sections = new()
    {
        { WorkerOptions.SectionName, typeof(WorkerOptions) },
        { WorkerDataOptions.SectionName, typeof(WorkerDataOptions) },
        { SqlRoleOptions.SectionName, typeof(SqlRoleOptions) },
        { InputAdapterOptions.SectionName, typeof(InputAdapterOptions) },
        { FlowClientOptions.SectionName, typeof(FlowClientOptions) },
        { LeaseOptions.SectionName, typeof(LeaseOptions) },
        { LimitOptions.SectionName, typeof(LimitOptions) },
        { DistributedQueryOptions.SectionName, typeof(DistributedQueryOptions) },
        { SqliteStoreOptions.SectionName, typeof(SqliteStoreOptions) },
        { PostgresStoreOptions.SectionName, typeof(PostgresStoreOptions) },
        { GatewaySessionOptions.SectionName, typeof(GatewaySessionOptions) },
        { JobOptions.SectionName, typeof(JobOptions) },
        { UserFunctionOptions.SectionName, typeof(UserFunctionOptions) },
        { FlightGatewayOptions.SectionName, typeof(FlightGatewayOptions) },
        { SqlGatewayOptions.SectionName, typeof(SqlGatewayOptions) },
        { StreamGatewayOptions.SectionName, typeof(StreamGatewayOptions) },
        { RpcServerOptions.SectionName, typeof(RpcServerOptions) },
        { GatewayAuthOptions.SectionName, typeof(GatewayAuthOptions) },
    };

    // Their defaults depend on the machine.
    private static readonly HashSet<string> MachineKeys = [nameof(WorkerOptions.Slots), nameof(SqliteStoreOptions.DatabasePath), nameof(PostgresStoreOptions.ConnectionString)];

    [Theory]
    [MemberData(nameof(Sections))]
    public void OptionTable_NamesEveryKeyWithItsDefault(string section, Type optionsType)
    {
        var table = Assert.Single(
            [.. MarkdownTable.ReadAll("hosting.md"), .. MarkdownTable.ReadAll("storage.md"), .. MarkdownTable.ReadAll("input-adapters.md")], table => table.Header[0].StartsWith($"`{section}`", StringComparison.Ordinal));
        var defaults = Activator.CreateInstance(optionsType)!;
        var keys = optionsType.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).ToList();

        Assert.Equal(keys.Select(key => $"`{key.Name}`").Order(), table.Rows.Select(row => row[0]).Order());
        foreach (var key in keys)
        {
            if (key.GetValue(defaults) is { } value && !MachineKeys.Contains(key.Name))
            {
                Assert.Equal((key.Name, Text(value)), (key.Name, table.Rows.Single(row => row[0] == $"`{key.Name}`")[1]));
            }
        }
    }

    private static string Text(object value) => value switch
    {
        TimeSpan time when time == TimeSpan.Zero => "0",
        TimeSpan time when time.Ticks % TimeSpan.TicksPerHour == 0 => $"{time.TotalHours} h",
        TimeSpan time when time < TimeSpan.FromSeconds(1) => $"{time.TotalMilliseconds} ms",
        TimeSpan time => $"{time.TotalSeconds} s",
        bool flag => flag ? "true" : "false",
        int number => Number(number),
        long number => Number(number),
        _ => value.ToString()!,
    };

    private static string Number(long number) => number switch
    {
        >= 1L << 30 when number % (1L << 30) == 0 => $"{number >> 30} GiB",
        >= 1L << 20 when number % (1L << 20) == 0 => $"{number >> 20} MiB",
        _ => number.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' '),
    };
}
