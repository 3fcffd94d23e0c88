using System.Text;
using Npgsql;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Connectors.Web;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>Names and connections of PostgreSQL.</summary>
internal static class PostgresNames
{
    /// <summary>A name in quotes: <c>"a""b"</c>.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A table with its schema, each in quotes. Without a schema it is of <c>public</c>.</summary>
    /// <exception cref="FlowException">It has more than two parts, or an empty one (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static string QuoteTable(string table)
    {
        var (schema, name) = Split(table);
        return $"{Quote(schema)}.{Quote(name)}";
    }

    /// <summary>The schema and the name of a table.</summary>
    public static (string Schema, string Name) Split(string table)
    {
        var parts = table.Split('.');
        return parts.Length is 1 or 2 && parts.All(part => part.Length > 0)
            ? (parts.Length == 2 ? parts[0] : "public", parts[^1])
            : throw new FlowException(FlowErrorCode.BadOption, $"The table '{table}' of PostgreSQL is none; it is schema.table, or a table of the schema public.");
    }

    /// <summary>A connection string with its secrets, and with the forms of text that the columns read.</summary>
    /// <exception cref="FlowException">It is none, or a secret is missing (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static NpgsqlConnectionStringBuilder Connection(string connection, string operatorId)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(WebSecrets.Resolve(connection, $"The connection of '{operatorId}'")) { ApplicationName = $"orleansflow {operatorId}" };
            builder.Options = $"{builder.Options} -c TimeZone=UTC -c DateStyle=ISO,YMD -c IntervalStyle=postgres -c bytea_output=hex -c extra_float_digits=1".Trim();
            return builder;
        }
        catch (ArgumentException exception)
        {
            // The string may hold a password, so that it is not shown.
            throw new FlowException(FlowErrorCode.BadOption, $"The option connection of '{operatorId}' is no connection string, such as 'Host=db;Database=app;Username=flow;Password=${{DB}}'.", exception);
        }
    }

    /// <summary>What a failure of the server means.</summary>
    public static FlowException Failed(string what, Exception exception)
    {
        var state = (exception as PostgresException)?.SqlState ?? "";

        // Classes of states: 08 connection, 40 rolled back, 53 no resources, 55006 in use, 57 operator's intervention.
        var isTransient = exception is NpgsqlException { IsTransient: true } or IOException or TimeoutException || exception is NpgsqlException and not PostgresException
            || state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("40", StringComparison.Ordinal) || state.StartsWith("53", StringComparison.Ordinal) || state.StartsWith("57", StringComparison.Ordinal) || state == "55006";
        var message = new StringBuilder($"{what}: {(exception as PostgresException)?.MessageText ?? exception.Message}");
        message.Append(state.Length > 0 ? $" ({state})." : ".");
        return new FlowException(isTransient ? FlowErrorCode.StoreUnavailable : FlowErrorCode.BadOption, message.ToString(), exception);
    }
}
