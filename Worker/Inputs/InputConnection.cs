using System.Data.Common;
using Npgsql;
using OrleansFlow.Inputs;

namespace OrleansFlow.Worker.Inputs;

/// <summary>A database that <c>pull.cursor</c> may read.</summary>
/// <param name="Name">The name that graphs use.</param>
/// <param name="Provider">Its ADO.NET provider.</param>
/// <param name="ConnectionString">How to reach it.</param>
public sealed record InputConnection(string Name, DbProviderFactory Provider, string ConnectionString)
{
    /// <summary>Names the connection only: the connection string may hold a password.</summary>
    public override string ToString() => Name;

    /// <summary>The connection that a call names.</summary>
    /// <exception cref="Errors.FlowException"><c>bad_input_args</c>: there is none, or its provider is not there.</exception>
    internal static InputConnection Find(AdapterCall call, IEnumerable<InputConnection> registered, InputAdapterOptions options)
    {
        var name = call.Text("connection");
        var own = registered.ToList();
        if (own.LastOrDefault(connection => connection.Name == name) is { } found)
        {
            return found;
        }

        if (!options.Connections.TryGetValue(name, out var configured))
        {
            var known = own.Select(connection => connection.Name).Concat(options.Connections.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            throw call.Refuse(
                "connection",
                $"this worker has no connection '{name}'; it has {(known.Count == 0 ? "none" : string.Join(", ", known))} (section {InputAdapterOptions.SectionName}:{nameof(InputAdapterOptions.Connections)}).");
        }

        var factory = configured.Provider == "Npgsql" ? NpgsqlFactory.Instance
            : DbProviderFactories.TryGetFactory(configured.Provider, out var provided) ? provided
            : throw call.Refuse("connection", $"the provider '{configured.Provider}' of connection '{name}' is not there; its host must register it with DbProviderFactories.");
        return new InputConnection(name, factory, configured.ConnectionString);
    }
}
