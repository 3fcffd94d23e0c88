using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Orleans.CodeGen.Grains;

/// <summary>What a grain method returns.</summary>
internal enum ReturnKind
{
    Unsupported,
    Void,
    Task,
    TaskOfResult,
    ValueTask,
    ValueTaskOfResult,
    Sequence,
}

/// <summary>Writes one method of a reference class, and the class of its requests.</summary>
internal sealed class MethodWriter(StringBuilder code, IMethodSymbol method, int number)
{
    private const string Embedded = "global::Orleans.Embedded.";

    private readonly List<IParameterSymbol> _arguments = [.. method.Parameters.Where(static parameter => !IsToken(parameter))];
    private readonly IParameterSymbol? _token = method.Parameters.FirstOrDefault(IsToken);
    private readonly ReturnKind _kind = KindOf(method);
    private readonly bool _isOneWay = method.Attribute(Known.OneWayAttribute) is not null || KindOf(method) == ReturnKind.Void;

    private string TypeParameters => method.TypeParameters.Length == 0
        ? ""
        : "<" + string.Join(", ", method.TypeParameters.Select(static parameter => parameter.Name)) + ">";

    // An explicit implementation inherits the constraints, but a T? in it means Nullable<T> unless this says otherwise.
    private string Nullability => string.Concat(method.TypeParameters
        .Where(static parameter => !parameter.IsValueType)
        .Select(static parameter => $" where {parameter.Name} : {(parameter.IsReferenceType ? "class" : "default")}"));

    private string ClassName => $"Request{number}_{method.Name}";

    private string Result => ((INamedTypeSymbol)method.ReturnType).TypeArguments[0].Code();

    private string Base => _kind switch
    {
        ReturnKind.Sequence => $"{Embedded}GrainEnumerable<{Result}>",
        ReturnKind.TaskOfResult or ReturnKind.ValueTaskOfResult => $"{Embedded}GrainRequest<{Result}>",
        _ => $"{Embedded}VoidGrainRequest",
    };

    public static ReturnKind KindOf(IMethodSymbol method)
    {
        if (method.ReturnsVoid)
        {
            return ReturnKind.Void;
        }

        var name = method.ReturnType.FullName();
        var isGeneric = method.ReturnType is INamedTypeSymbol { Arity: 1 };
        return name switch
        {
            "System.Threading.Tasks.Task" => isGeneric ? ReturnKind.TaskOfResult : ReturnKind.Task,
            "System.Threading.Tasks.ValueTask" => isGeneric ? ReturnKind.ValueTaskOfResult : ReturnKind.ValueTask,
            "System.Collections.Generic.IAsyncEnumerable" when isGeneric => ReturnKind.Sequence,
            _ => ReturnKind.Unsupported,
        };
    }

    public void Write()
    {
        WriteMethod();
        WriteRequest();
    }

    private static bool IsToken(IParameterSymbol parameter) => parameter.Type.FullName() == Known.CancellationToken;

    private void WriteMethod()
    {
        var parameters = string.Join(", ", method.Parameters.Select(static parameter => $"{parameter.Type.Code()} p{parameter.Ordinal}"));
        code.Append($"        {ReturnCode()} {method.ContainingType.TypeofCode()}.{Escaped(method.Name)}{TypeParameters}({parameters}){Nullability}\n        {{\n");
        var request = ClassName + TypeParameters;
        code.Append(_kind == ReturnKind.Sequence
            ? $"            var request = new {request}();\n"
            : $"            var request = {Embedded}RequestPool.Rent<{request}>();\n");
        for (var index = 0; index < _arguments.Count; index++)
        {
            var argument = _arguments[index];
            var isImmutable = argument.Type.IsKnownImmutable()
                || argument.Attribute(Known.ImmutableAttribute) is not null;
            code.Append($"            request.a{index} = {(isImmutable ? $"p{argument.Ordinal}" : $"{Embedded}Isolation.Copy(p{argument.Ordinal})")};\n");
        }

        var token = _token is null ? "" : $", p{_token.Ordinal}";
        code.Append("            ").Append(_kind switch
        {
            ReturnKind.Sequence => $"return Enumerate(request{token});",
            ReturnKind.Void => "_ = CallOneWay(request);",
            ReturnKind.Task when _isOneWay => "return CallOneWay(request);",
            ReturnKind.ValueTask when _isOneWay => "return new global::System.Threading.Tasks.ValueTask(CallOneWay(request));",
            ReturnKind.Task or ReturnKind.TaskOfResult => $"return CallTask(request{token});",
            _ => $"return CallValueTask(request{token});",
        }).Append("\n        }\n");
    }

    private void WriteRequest()
    {
        var name = ClassName;
        code.Append($"        private sealed class {name}{TypeParameters} : {Base}\n");
        code.Append(ReferenceWriter.Constraints(method.TypeParameters)).Append("        {\n");
        var types = string.Join(", ", method.Parameters.Select(static parameter => $"typeof({parameter.Type.TypeofCode()})"));
        var timeout = (method.Attribute(Known.ResponseTimeoutAttribute) ?? method.ContainingType.Attribute(Known.ResponseTimeoutAttribute)).FirstText();
        code.Append($"            private static readonly {Embedded}GrainMethod Shape = new {Embedded}GrainMethod(typeof({method.ContainingType.TypeofCode()}), ");
        code.Append($"{Literal(method.Name)}, new global::System.Type[] {{ {types} }}, ({Embedded}GrainMethodOptions){Options()}, ");
        var typeArguments = method.TypeParameters.Length == 0
            ? ""
            : $", new global::System.Type[] {{ {string.Join(", ", method.TypeParameters.Select(static parameter => $"typeof({parameter.Name})"))} }}";
        code.Append($"{(timeout is null ? "null" : Literal(timeout))}{typeArguments});\n");
        for (var index = 0; index < _arguments.Count; index++)
        {
            code.Append($"            public {_arguments[index].Type.Code()} a{index} = default!;\n");
        }

        code.Append($"            public override {Embedded}GrainMethod Method => Shape;\n");
        WriteArguments();
        WriteRun();
        if (_kind != ReturnKind.Sequence)
        {
            code.Append("            protected override void Recycle()\n            {\n");
            for (var index = 0; index < _arguments.Count; index++)
            {
                code.Append($"                a{index} = default!;\n");
            }

            code.Append($"                {Embedded}RequestPool.Return(this);\n            }}\n");
        }

        code.Append("        }\n");
    }

    private void WriteArguments()
    {
        if (_arguments.Count == 0)
        {
            return;
        }

        code.Append($"            public override int GetArgumentCount() => {_arguments.Count};\n");
        code.Append("            public override object? GetArgument(int index) => index switch\n            {\n");
        for (var index = 0; index < _arguments.Count; index++)
        {
            code.Append($"                {index} => a{index},\n");
        }

        code.Append("                _ => base.GetArgument(index),\n            };\n");
        code.Append("            public override void SetArgument(int index, object? value)\n            {\n                switch (index)\n                {\n");
        for (var index = 0; index < _arguments.Count; index++)
        {
            code.Append($"                    case {index}: a{index} = ({_arguments[index].Type.Code()})value!; break;\n");
        }

        code.Append("                    default: base.SetArgument(index, value); break;\n                }\n            }\n");
    }

    private void WriteRun()
    {
        const string valueTask = "global::System.Threading.Tasks.ValueTask";
        var position = 0;
        var token = _kind == ReturnKind.Sequence ? "cancellationToken" : "CalleeToken";
        var arguments = string.Join(", ", method.Parameters.Select(parameter => IsToken(parameter) ? token : $"a{position++}"));
        var call = $"(({method.ContainingType.TypeofCode()})target).{Escaped(method.Name)}{TypeParameters}({arguments})";
        code.Append("            ").Append(_kind switch
        {
            ReturnKind.Sequence =>
                $"protected override global::System.Collections.Generic.IAsyncEnumerable<{Result}> Run(object target, " +
                $"global::System.Threading.CancellationToken cancellationToken) => {call};",
            ReturnKind.TaskOfResult => $"protected override {valueTask}<{Result}> Run(object target) => new {valueTask}<{Result}>({call});",
            ReturnKind.ValueTaskOfResult => $"protected override {valueTask}<{Result}> Run(object target) => {call};",
            ReturnKind.Task => $"protected override {valueTask} RunVoid(object target) => new {valueTask}({call});",
            ReturnKind.ValueTask => $"protected override {valueTask} RunVoid(object target) => {call};",
            _ => $"protected override {valueTask} RunVoid(object target) {{ {call}; return default; }}",
        }).Append('\n');
    }

    private string ReturnCode() => method.ReturnsVoid ? "void" : method.ReturnType.Code();

    private int Options() =>
        (_isOneWay ? 1 : 0)
        | (method.Attribute(Known.ReadOnlyAttribute) is null ? 0 : 2)
        | (method.Attribute(Known.AlwaysInterleaveAttribute) is null ? 0 : 4)
        | (_token is null ? 0 : 8);

    private static string Escaped(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
