using System.Globalization;
using System.Text;

namespace OrleansFlow.Streaming.Udfs.CSharp;

/// <summary>The code between the engine and a function: reads arguments, leaves out rows by the null rule, counts steps.</summary>
internal static class CallText
{
    /// <summary>The class that the process calls.</summary>
    public const string TypeName = "OrleansFlow.GeneratedFunctionCalls.Calls";

    /// <summary>Its method.</summary>
    public const string RunMethod = "Run";

    /// <summary>Its field: told of failures, throws or returns.</summary>
    public const string FailedField = "Failed";

    /// <summary>What steps of the source call.</summary>
    public const string StepCall = "global::OrleansFlow.GeneratedFunctionCalls.Steps.Take()";

    /// <summary>The same as an expression, which is true.</summary>
    public const string StepTaken = "global::OrleansFlow.GeneratedFunctionCalls.Steps.Taken()";

    /// <summary>Writes it.</summary>
    /// <param name="signature">The function.</param>
    /// <param name="method">The method, with all its names.</param>
    /// <param name="stepsMax">Steps for one row; null: they are not counted.</param>
    public static string Write(FunctionSignature signature, string method, long? stepsMax)
    {
        var text = new StringBuilder();
        text.AppendLine("#nullable enable").AppendLine("namespace OrleansFlow.GeneratedFunctionCalls;").AppendLine("public static class Calls").AppendLine("{");
        text.AppendLine("    public static global::System.Action<object?[], global::System.Exception>? Failed;");
        text.AppendLine("    public static void Run(global::OrleansFlow.Engine.Functions.FunctionCall call)").AppendLine("    {");
        var (arguments, skipped) = (new List<string>(), new List<string>());
        for (var index = 0; index < signature.Parameters.Count; index++)
        {
            var type = signature.Parameters[index];
            var isNullable = signature.Function.Parameters[index].IsNullable;
            var read = type.Clr.IsValueType && isNullable ? type.CSharp + "?" : type.CSharp;
            text.AppendLine(CultureInfo.InvariantCulture, $"        var a{index} = call.Argument<{read}>({index});");
            if (isNullable)
            {
                arguments.Add(string.Create(CultureInfo.InvariantCulture, $"(a{index}.IsNull(row) ? null : a{index}[row])"));
            }
            else
            {
                arguments.Add(string.Create(CultureInfo.InvariantCulture, $"a{index}[row]"));
                skipped.Add(string.Create(CultureInfo.InvariantCulture, $"a{index}.IsNull(row)"));
            }
        }

        var boxed = string.Join(", ", arguments.Select(argument => $"(object?){argument}"));
        text.AppendLine(CultureInfo.InvariantCulture, $"        var results = call.Results<{signature.Result.CSharp}{(signature.Result.Clr.IsValueType ? "?" : "")}>();");
        text.AppendLine("        for (var row = 0; row < results.Count; row++)").AppendLine("        {");
        text.AppendLine(CultureInfo.InvariantCulture, $"            if ({(skipped.Count == 0 ? "false" : string.Join(" || ", skipped))}) {{ results.SetNull(row); continue; }}");
        text.AppendLine("            try").AppendLine("            {");
        if (stepsMax is not null)
        {
            text.AppendLine("                Steps.Begin();");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"                results[row] = {method}({string.Join(", ", arguments)})!;").AppendLine("            }");
        text.AppendLine("            catch (global::System.Exception exception)").AppendLine("            {");
        text.AppendLine(CultureInfo.InvariantCulture, $"                Failed!(new object?[] {{ {boxed} }}, exception);").AppendLine("                results.SetNull(row);");
        text.AppendLine("            }").AppendLine("        }").AppendLine("    }").AppendLine("}");
        if (stepsMax is { } max)
        {
            WriteSteps(text, max);
        }

        return text.ToString();
    }

    /// <summary>Once the steps are used up each further one fails, so that code which catches everything comes to an end, too.</summary>
    private static void WriteSteps(StringBuilder text, long max) => text
        .AppendLine("internal static class Steps").AppendLine("{")
        .AppendLine("    [global::System.ThreadStatic] private static long s_left;")
        .AppendLine(CultureInfo.InvariantCulture, $"    public static void Begin() => s_left = {max}L;")
        .AppendLine("    public static bool Taken()").AppendLine("    {").AppendLine("        Take();").AppendLine("        return true;").AppendLine("    }")
        .AppendLine("    public static void Take()").AppendLine("    {")
        .AppendLine("        global::System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();")
        .AppendLine(CultureInfo.InvariantCulture, $"        if (--s_left < 0) throw new global::System.InvalidOperationException(\"It took more than {max} steps for one row (StepsMax).\");")
        .AppendLine("    }").AppendLine("}");
}
