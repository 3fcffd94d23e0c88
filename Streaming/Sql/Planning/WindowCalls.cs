using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary><c>tumble</c>, <c>hop</c>, <c>cumulate</c> and <c>session</c>: what the engine binds, and what is read from its plan.</summary>
/// <remarks>
/// A window is a struct of its start and end, which the engine makes of two functions that are never called: volatile, so that it neither computes them
/// while it plans nor merges them. A group of such a struct is a window.
/// </remarks>
internal static class WindowCalls
{
    private const string StartFunction = "_flow_window_start";
    private const string EndFunction = "_flow_window_end";

    /// <summary>What the engine has to know.</summary>
    public static IReadOnlyList<EngineFunction> Functions { get; } =
    [
        EngineFunction.Scalar<string, string, string, DateTime>(StartFunction, NeverCalled, new FunctionOptions { IsVolatile = true }),
        EngineFunction.Scalar<string, string, string, DateTime>(EndFunction, NeverCalled, new FunctionOptions { IsVolatile = true }),
    ];

    /// <summary>The functions' names for people.</summary>
    public static IReadOnlyList<string> Macros { get; } = [Macro("tumble", "width"), Macro("hop", "slide", "width"), Macro("cumulate", "step", "width"), Macro("session", "gap")];

    /// <summary>Whether an expression is a window.</summary>
    public static bool IsWindow(ScalarExpression expression) =>
        expression is FunctionExpression { Name: "struct_pack", Arguments: [FunctionExpression { Name: StartFunction }, FunctionExpression { Name: EndFunction }] };

    /// <summary>Whether a window is somewhere in a text for the engine, which cannot compute it.</summary>
    public static bool IsIn(string sql) => sql.Contains(StartFunction, StringComparison.Ordinal) || sql.Contains(EndFunction, StringComparison.Ordinal);

    /// <summary>Reads a window.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: a length is wrong.</exception>
    public static WindowConfig Read(ScalarExpression expression)
    {
        var texts = ((FunctionExpression)((FunctionExpression)expression).Arguments[0]).Arguments.Map(TextOf);
        var name = texts[0];
        var first = LengthOf(name, texts[1]);
        switch (name)
        {
            case "tumble":
                return new WindowConfig { Tumbling = new TumblingWindow { WidthMicros = first } };
            case "session":
                return new WindowConfig { Session = new SessionWindow { GapMicros = first } };
        }

        var width = LengthOf(name, texts[2]);
        if (width < first || width % first != 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{name}() width {width / 1e6:0.######}s currently must be a multiple of {(name == "hop" ? "slide" : "step")} {first / 1e6:0.######}s.");
        }

        return name == "hop"
            ? new WindowConfig { Hopping = new HoppingWindow { SlideMicros = first, WidthMicros = width } }
            : new WindowConfig { Cumulating = new CumulatingWindow { StepMicros = first, WidthMicros = width } };
    }

    private static string Macro(string name, params string[] parameters)
    {
        var arguments = $"'{name}', CAST({parameters[0]} AS VARCHAR), {(parameters.Length > 1 ? $"CAST({parameters[1]} AS VARCHAR)" : "''")}";
        return $"CREATE MACRO {name}({string.Join(", ", parameters)}) AS struct_pack(start := {StartFunction}({arguments}), \"end\" := {EndFunction}({arguments}))";
    }

    private static string TextOf(ScalarExpression argument)
    {
        if (argument is ConstantExpression { IsNull: false } constant)
        {
            foreach (var token in SqlLexer.Read(constant.Sql))
            {
                if (token.Kind == SqlTokenKind.Text)
                {
                    return token.Value;
                }
            }
        }

        throw new FlowException(FlowErrorCode.BadInput, "The length of a window has to be a constant, such as INTERVAL '5 seconds'.");
    }

    private static long LengthOf(string window, string text) =>
        IntervalText.TryRead(text, out var micros) && micros > 0
            ? micros
            : throw new FlowException(FlowErrorCode.BadInput, $"{window}() takes intervals above zero without months or years, which have no one length, and not '{text}'.");

    private static DateTime NeverCalled(string window, string first, string second) => throw new InvalidOperationException("A window function is planned and never called.");
}
