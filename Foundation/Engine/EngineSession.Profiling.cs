using System.Globalization;
using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine;

/// <summary>What the engine measures of its own operators.</summary>
public sealed partial class EngineSession
{
    // Deeper plans are cut off: a person cannot read them, and the way down uses the stack.
    private const int ProfileDepthMax = 200;

    /// <summary>Measures the operators of every query from now on. That costs time: a few percent, and more for many small batches.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineException">DuckDB refused it.</exception>
    public Task BeginProfilingAsync(CancellationToken cancellationToken) =>
        ExecuteAsync("PRAGMA enable_profiling = 'no_output'", null, cancellationToken);

    /// <summary>What was measured of the query whose result was closed last: its operators, each before those that it reads. Empty where there was none.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<IReadOnlyList<OperatorProfile>> TakeProfileAsync(CancellationToken cancellationToken) => RunAsync<IReadOnlyList<OperatorProfile>>(
        _ =>
        {
            var operators = new List<OperatorProfile>();
            if (DuckDb.GetProfilingInfo(_connection) is not 0 and var root)
            {
                // The root is the query as a whole.
                AddChildren(root, 0, operators);
            }

            return operators;
        },
        cancellationToken);

    private static void AddChildren(nint node, int depth, List<OperatorProfile> operators)
    {
        var count = DuckDb.ProfilingInfoGetChildCount(node);
        for (ulong index = 0; index < count && depth < ProfileDepthMax; index++)
        {
            var child = DuckDb.ProfilingInfoGetChild(node, index);
            operators.Add(new OperatorProfile(
                Text(child, "OPERATOR_NAME").Trim(),
                depth,
                Number(child, "OPERATOR_CARDINALITY") is var rows && rows <= long.MaxValue ? (long)rows : 0,
                TimeSpan.FromSeconds(Number(child, "OPERATOR_TIMING")),
                (long)Math.Min(Number(child, "RESULT_SET_SIZE"), long.MaxValue / 2)));
            AddChildren(child, depth + 1, operators);
        }
    }

    private static double Number(nint node, string key) =>
        double.TryParse(Text(node, key), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number > 0 ? number : 0;

    private static string Text(nint node, string key)
    {
        var value = DuckDb.ProfilingInfoGetValue(node, key);
        if (value == 0)
        {
            return "";
        }

        var text = DuckDb.GetVarchar(value);
        try
        {
            return Marshal.PtrToStringUTF8(text) ?? "";
        }
        finally
        {
            DuckDb.Free(text);
            DuckDb.DestroyValue(ref value);
        }
    }
}
