if (Newtonsoft.Json.JsonConvert.SerializeObject(new[] { 17 }) == "[17]") System.Console.WriteLine("built: dotnet");
