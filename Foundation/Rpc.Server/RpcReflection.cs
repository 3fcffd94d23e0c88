using Google.Protobuf.Reflection;
using OrleansFlow.Rpc.Protos;

namespace OrleansFlow.Rpc.Server;

/// <summary>
/// The service <c>grpc.reflection.v1.ServerReflection</c> over the services that are mapped: lists them, and gives the files
/// that describe those that say how they are described.
/// </summary>
internal sealed class RpcReflection
{
    private readonly Lock _gate = new();
    private readonly SortedSet<string> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);

    public void AddMapped(RpcServiceDefinition service)
    {
        lock (_gate)
        {
            _services.Add(service.Service);
            if (service.Descriptor is { } file)
            {
                AddFileWhileLocked(file);
            }
        }
    }

    public RpcServiceDefinition Define() => new RpcServiceDefinition(RpcStandardMethods.ReflectionService)
        .Duplex(RpcStandardMethods.Reflection, (requests, _) => requests.Select(Answer))
        .DescribedBy(RpcReflectionReflection.Descriptor);

    private ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        lock (_gate)
        {
            switch (request.MessageRequestCase)
            {
                case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                    response.ListServicesResponse = new ListServiceResponse();
                    response.ListServicesResponse.Service.Add(_services.Select(name => new ServiceResponse { Name = name }));
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                    Describe(_files.GetValueOrDefault(request.FileByFilename), $"File '{request.FileByFilename}'");
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                    Describe(_symbols.GetValueOrDefault(request.FileContainingSymbol), $"Symbol '{request.FileContainingSymbol}'");
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType when _symbols.ContainsKey(request.AllExtensionNumbersOfType):
                    // proto3 messages have none.
                    response.AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = request.AllExtensionNumbersOfType };
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                    Describe(null, $"Type '{request.AllExtensionNumbersOfType}'");
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                    Describe(null, $"Extension {request.FileContainingExtension.ExtensionNumber} of '{request.FileContainingExtension.ContainingType}'");
                    break;
                default:
                    response.ErrorResponse = new ErrorResponse
                    {
                        ErrorCode = (int)RpcStatusCode.InvalidArgument,
                        ErrorMessage = "The request asks for nothing; set one member of message_request.",
                    };
                    break;
            }
        }

        return response;

        void Describe(FileDescriptor? file, string what)
        {
            if (file is null)
            {
                response.ErrorResponse = new ErrorResponse { ErrorCode = (int)RpcStatusCode.NotFound, ErrorMessage = $"{what} is not known here." };
                return;
            }

            response.FileDescriptorResponse = new FileDescriptorResponse();
            response.FileDescriptorResponse.FileDescriptorProto.Add(WithImports(file).Select(each => each.SerializedData));
        }
    }

    private static List<FileDescriptor> WithImports(FileDescriptor file)
    {
        var found = new List<FileDescriptor> { file };
        for (var index = 0; index < found.Count; index++)
        {
            found.AddRange(found[index].Dependencies.Where(import => !found.Contains(import)));
        }

        return found;
    }

    private void AddFileWhileLocked(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (var service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (var method in service.Methods)
            {
                _symbols[method.FullName] = file;
            }
        }

        AddTypesWhileLocked(file, file.MessageTypes, file.EnumTypes);
        foreach (var import in file.Dependencies)
        {
            AddFileWhileLocked(import);
        }
    }

    private void AddTypesWhileLocked(FileDescriptor file, IEnumerable<MessageDescriptor> messages, IEnumerable<EnumDescriptor> enums)
    {
        foreach (var type in enums)
        {
            _symbols[type.FullName] = file;
        }

        foreach (var message in messages)
        {
            _symbols[message.FullName] = file;
            AddTypesWhileLocked(file, message.NestedTypes, message.EnumTypes);
        }
    }
}
