using OrleansFlow.Engine.Functions;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine;

/// <summary>Functions of one session.</summary>
public sealed partial class EngineSession
{
    private readonly List<SlotGroup> _functions = [];

    /// <summary>The engine's number of the connection.</summary>
    internal ulong ConnectionId { get; }

    /// <summary>
    /// Makes functions callable in this session; they end with it, and hide those of the same names of the database. They are called through macros, so that an aggregate takes no
    /// <c>DISTINCT</c>, <c>FILTER</c> or <c>OVER</c> here, and a variadic function at most 16 arguments: <see cref="EngineOptions.Functions"/> has no such limits.
    /// </summary>
    /// <param name="functions">Functions; several of one name are overloads and have to come together.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">Names clash, or belong to the product.</exception>
    /// <exception cref="EngineException">The engine refused one.</exception>
    public Task RegisterFunctionsAsync(IReadOnlyList<EngineFunction> functions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(functions);
        return RunAsync(
            _ =>
            {
                _functions.AddRange(_instance.Functions.RegisterForSession(_connection, functions));
                return true;
            },
            cancellationToken);
    }

    private static ulong NumberOf(ConnectionHandle connection)
    {
        DuckDb.ConnectionContext(connection, out var context);
        try
        {
            return DuckDb.ContextConnectionId(context);
        }
        finally
        {
            DuckDb.DestroyContext(ref context);
        }
    }

    private void ReleaseFunctions()
    {
        _instance.Functions.Return(_functions);
        _functions.Clear();
    }
}
