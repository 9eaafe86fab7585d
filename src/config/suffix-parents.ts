/**
 * Names that are no public suffixes, but above some: `s3|amazonaws.com` stands for amazonaws.com, which covers everything
 * below s3.amazonaws.com. `node script/write-suffix-parents.ts` writes this file.
 */
export const SUFFIX_PARENTS = `
001.test.code-builder-stg.platform|salesforce.com 001.test.code-builder-stg|platform.salesforce.com
001.test|code-builder-stg.platform.salesforce.com 001|test.code-builder-stg.platform.salesforce.com
airflow.cn-north-1.on|amazonwebservices.com.cn airflow.cn-north-1|on.amazonwebservices.com.cn airflow.eu-west-3|on.aws
airflow|af-south-1.on.aws airflow|ap-east-1.on.aws airflow|ap-northeast-1.on.aws airflow|ap-northeast-2.on.aws
airflow|ap-northeast-3.on.aws airflow|ap-south-1.on.aws airflow|ap-south-2.on.aws airflow|ap-southeast-1.on.aws
airflow|ap-southeast-2.on.aws airflow|ap-southeast-3.on.aws airflow|ap-southeast-4.on.aws
airflow|ap-southeast-5.on.aws airflow|ap-southeast-7.on.aws airflow|ca-central-1.on.aws airflow|ca-west-1.on.aws
airflow|cn-north-1.on.amazonwebservices.com.cn airflow|cn-northwest-1.on.amazonwebservices.com.cn
airflow|eu-central-1.on.aws airflow|eu-central-2.on.aws airflow|eu-north-1.on.aws airflow|eu-south-1.on.aws
airflow|eu-south-2.on.aws airflow|eu-west-1.on.aws airflow|eu-west-2.on.aws airflow|eu-west-3.on.aws
airflow|il-central-1.on.aws airflow|me-central-1.on.aws airflow|me-south-1.on.aws airflow|sa-east-1.on.aws
airflow|us-east-1.on.aws airflow|us-east-2.on.aws airflow|us-west-1.on.aws airflow|us-west-2.on.aws alp1.ae|flow.ch
alp1|ae.flow.ch app.os|stg.fedoraproject.org apps|fbsbx.com apps|grok.bot apps|lair.io app|os.fedoraproject.org
app|os.stg.fedoraproject.org app|render.com atl|jelastic.vps-host.net at|emf.camp
auth-fips|us-gov-east-1.amazoncognito.com auth-fips|us-gov-west-1.amazoncognito.com auth.eu-west-3|amazoncognito.com
auth|af-south-1.amazoncognito.com auth|ap-east-1.amazoncognito.com auth|ap-east-2.amazoncognito.com
auth|ap-northeast-1.amazoncognito.com auth|ap-northeast-2.amazoncognito.com auth|ap-northeast-3.amazoncognito.com
auth|ap-south-1.amazoncognito.com auth|ap-south-2.amazoncognito.com auth|ap-southeast-1.amazoncognito.com
auth|ap-southeast-2.amazoncognito.com auth|ap-southeast-3.amazoncognito.com auth|ap-southeast-4.amazoncognito.com
auth|ap-southeast-5.amazoncognito.com auth|ap-southeast-6.amazoncognito.com auth|ap-southeast-7.amazoncognito.com
auth|ca-central-1.amazoncognito.com auth|ca-west-1.amazoncognito.com
auth|cognito-idp.eusc-de-east-1.on.amazonwebservices.eu auth|eu-central-1.amazoncognito.com
auth|eu-central-2.amazoncognito.com auth|eu-north-1.amazoncognito.com auth|eu-south-1.amazoncognito.com
auth|eu-south-2.amazoncognito.com auth|eu-west-1.amazoncognito.com auth|eu-west-2.amazoncognito.com
auth|eu-west-3.amazoncognito.com auth|il-central-1.amazoncognito.com auth|me-central-1.amazoncognito.com
auth|me-south-1.amazoncognito.com auth|mx-central-1.amazoncognito.com auth|sa-east-1.amazoncognito.com
auth|us-east-1.amazoncognito.com auth|us-east-2.amazoncognito.com auth|us-west-1.amazoncognito.com
auth|us-west-2.amazoncognito.com aws-gov|databricksapps.us a|prod.fastly.net a|ssl.fastly.net bo|nordland.no
bo|telemark.no builder|code.com ca|reclaim.cloud cdn.prod|atlassian-dev.net cdn|bubble.io cdn|cloudflareanycast.net
cdn|cloudflarecn.net cdn|cloudflareglobal.net cdn|prod.atlassian-dev.net client|scrypted.io cloud|fedoraproject.org
cloud|interhostsolutions.be cloud|metacentrum.cz cloud|nospamproxy.com cn-north-1|airflow.amazonaws.com.cn
cn-north-1|eb.amazonaws.com.cn consent-portal.bedrock-agentcore|ap-southeast-7.amazonaws.com
consent-portal|bedrock-agentcore.ap-northeast-1.amazonaws.com
consent-portal|bedrock-agentcore.ap-northeast-2.amazonaws.com
consent-portal|bedrock-agentcore.ap-south-1.amazonaws.com consent-portal|bedrock-agentcore.ap-south-2.amazonaws.com
consent-portal|bedrock-agentcore.ap-southeast-1.amazonaws.com
consent-portal|bedrock-agentcore.ap-southeast-2.amazonaws.com
consent-portal|bedrock-agentcore.ap-southeast-5.amazonaws.com
consent-portal|bedrock-agentcore.ap-southeast-7.amazonaws.com
consent-portal|bedrock-agentcore.ca-central-1.amazonaws.com
consent-portal|bedrock-agentcore.eu-central-1.amazonaws.com consent-portal|bedrock-agentcore.eu-north-1.amazonaws.com
consent-portal|bedrock-agentcore.eu-south-1.amazonaws.com consent-portal|bedrock-agentcore.eu-south-2.amazonaws.com
consent-portal|bedrock-agentcore.eu-west-1.amazonaws.com consent-portal|bedrock-agentcore.eu-west-2.amazonaws.com
consent-portal|bedrock-agentcore.eu-west-3.amazonaws.com consent-portal|bedrock-agentcore.sa-east-1.amazonaws.com
consent-portal|bedrock-agentcore.us-east-1.amazonaws.com consent-portal|bedrock-agentcore.us-east-2.amazonaws.com
consent-portal|bedrock-agentcore.us-gov-west-1.amazonaws.com consent-portal|bedrock-agentcore.us-west-1.amazonaws.com
consent-portal|bedrock-agentcore.us-west-2.amazonaws.com cust.dev|thingdust.io customer|speedpartner.de
cust|cloudscale.ch cust|dev.thingdust.io cust|disrec.thingdust.io cust|prod.thingdust.io cust|retrosnub.co.uk
cust|testing.thingdust.io c|cdn77.org d6|ply.gg demo|datadetect.com demo|jelastic.com devices|resinstaging.io
dev|project-study.com de|object.ncloudstorage.com de|trendhosting.cloud direct|quickconnect.cn direct|quickconnect.to
dyndns|dappnode.io dyn|addr.tools dyn|cosidns.de d|crm.dev elb|amazonaws.com.cn es-1|axarnet.cloud eu-4|evennode.com
eu-west-3|airflow.amazonaws.com eu-west-3|cs.amazonlightsail.com eu-west-3|rds.amazonaws.com eu|encoway.cloud
eu|platform.sh experiments|sagemaker.aws ex|ortsinfo.at ezproxy|kuleuven.be fi|cloudplatform.fi flt.cloud|muni.cz
flt|cloud.muni.cz fn|amba.host forgot|her.name forgot|his.name gcp|databricksapps.com git-pages|rit.edu hb|cldmail.ru
id|forgerock.io instances|spawn.cc io|noc.ruhr-uni-bochum.de ipfs|nftstorage.link ipfs|storacha.link ipfs|w3s.link
ip|linodeusercontent.com it1.eur|aruba.jenv-aruba.cloud it1|eur.aruba.jenv-aruba.cloud it1|jenv-aruba.cloud
jcloud|ik-server.com jc|neen.it jed|wafaicloud.com jelastic|dogado.eu jelastic|saveincloud.net jls-sto1|elastx.net
jp.object|ncpstorage.com jp.object|private.ncpstorage.com jp|jp4.object.ncpstorage.com
jp|jp4.object.private.ncpstorage.com jp|jp5.object.ncpstorage.com jp|jp5.object.private.ncpstorage.com
jp|object.ncpstorage.com jp|object.private.ncpstorage.com j|layershift.co.uk j|scaleforce.com.cy j|scaleforce.net
k8s|scw.cloud kr.object|fin-ncloudstorage.com kr.object|private.fin-ncloudstorage.com
kr.object|private.gov-ncloudstorage.com kr|gov-ncloudstorage.com kr|ncloudstorage.com kr|object.fin-ncloudstorage.com
kr|object.gov-ncloudstorage.com kr|object.private.fin-ncloudstorage.com kr|object.private.gov-ncloudstorage.com
kr|website.ncloudstorage.com map|fastly.net mel|cloudlets.com.au members|linode.com
mrap.accesspoint|s3-global.amazonaws.com mrap|accesspoint.s3-global.amazonaws.com my|canva.site my|canvasite.cn
nes|akershus.no nes|buskerud.no nl-ams-1|baremetal.scw.cloud notebook|ap-south-2.sagemaker.aws
notebook|ap-southeast-4.sagemaker.aws notebook|ca-west-1.sagemaker.aws ny-1.paas|massivegrid.net
ny-1|paas.massivegrid.net objects|lpg.cloudscale.ch objects|rma.cloudscale.ch os|hedmark.no os|hordaland.no
paas|beebyte.io paas|hosted-by-previder.com paas|massivegrid.com pages.it|hs-heilbronn.de pages|it.hs-heilbronn.de
pages|wiardweb.com phx|enscaled.us preview|emergentagent.com private|repost.aws pro|typeform.com
pub|instances.scw.cloud p|tawk.email p|tawkto.email rag-cloud|hosteur.com relay|evervault.app relay|evervault.dev
rma|objectstorage.ch rsc|contentproxy9.cz rs|webaccel.jp runs|onstackit.cloud r|cdn77.net s3.isk01|sakurastorage.jp
s3|af-south-1.amazonaws.com s3|amazonaws.com s3|ap-east-1.amazonaws.com s3|ap-northeast-1.amazonaws.com
s3|ap-northeast-2.amazonaws.com s3|ap-northeast-3.amazonaws.com s3|ap-south-1.amazonaws.com
s3|ap-south-2.amazonaws.com s3|ap-southeast-1.amazonaws.com s3|ap-southeast-2.amazonaws.com
s3|ap-southeast-3.amazonaws.com s3|ap-southeast-4.amazonaws.com s3|ap-southeast-5.amazonaws.com
s3|ca-central-1.amazonaws.com s3|ca-west-1.amazonaws.com s3|cn-north-1.amazonaws.com.cn
s3|cn-northwest-1.amazonaws.com.cn s3|dualstack.af-south-1.amazonaws.com s3|dualstack.ap-east-1.amazonaws.com
s3|dualstack.ap-northeast-1.amazonaws.com s3|dualstack.ap-northeast-2.amazonaws.com
s3|dualstack.ap-northeast-3.amazonaws.com s3|dualstack.ap-south-1.amazonaws.com s3|dualstack.ap-south-2.amazonaws.com
s3|dualstack.ap-southeast-1.amazonaws.com s3|dualstack.ap-southeast-2.amazonaws.com
s3|dualstack.ap-southeast-3.amazonaws.com s3|dualstack.ap-southeast-4.amazonaws.com
s3|dualstack.ap-southeast-5.amazonaws.com s3|dualstack.ca-central-1.amazonaws.com s3|dualstack.ca-west-1.amazonaws.com
s3|dualstack.cn-north-1.amazonaws.com.cn s3|dualstack.cn-northwest-1.amazonaws.com.cn
s3|dualstack.eu-central-1.amazonaws.com s3|dualstack.eu-central-2.amazonaws.com s3|dualstack.eu-north-1.amazonaws.com
s3|dualstack.eu-south-1.amazonaws.com s3|dualstack.eu-south-2.amazonaws.com s3|dualstack.eu-west-1.amazonaws.com
s3|dualstack.eu-west-2.amazonaws.com s3|dualstack.eu-west-3.amazonaws.com s3|dualstack.il-central-1.amazonaws.com
s3|dualstack.me-central-1.amazonaws.com s3|dualstack.me-south-1.amazonaws.com s3|dualstack.sa-east-1.amazonaws.com
s3|dualstack.us-east-1.amazonaws.com s3|dualstack.us-east-2.amazonaws.com s3|dualstack.us-gov-east-1.amazonaws.com
s3|dualstack.us-gov-west-1.amazonaws.com s3|dualstack.us-west-1.amazonaws.com s3|dualstack.us-west-2.amazonaws.com
s3|eu-central-1.amazonaws.com s3|eu-central-2.amazonaws.com s3|eu-north-1.amazonaws.com s3|eu-south-1.amazonaws.com
s3|eu-south-2.amazonaws.com s3|eu-west-1.amazonaws.com s3|eu-west-2.amazonaws.com s3|eu-west-3.amazonaws.com
s3|fr-par.scw.cloud s3|il-central-1.amazonaws.com s3|isk01.sakurastorage.jp s3|isk02.sakurastorage.jp s3|k2.cloud
s3|me-central-1.amazonaws.com s3|me-south-1.amazonaws.com s3|nl-ams.scw.cloud s3|pl-waw.scw.cloud s3|ru-msk.k2.cloud
s3|ru-spb.k2.cloud s3|sa-east-1.amazonaws.com s3|teckids.org s3|us-east-2.amazonaws.com s3|us-gov-east-1.amazonaws.com
s3|us-gov-west-1.amazonaws.com s3|us-west-1.amazonaws.com s3|us-west-2.amazonaws.com sande|more-og-romsdal.no
sande|vestfold.no sande|xn--mre-og-romsdal-qqb.no sekd1|beebyteapp.io seprox|hooc.me services|clever-cloud.com
sg.objectstorage|ncloud.com sg.object|private.ncloudstorage.com sg|object.private.ncloudstorage.com
sg|objectstorage.ncloud.com shop|brendly.ba shop|brendly.hr shop|brendly.rs site|rb-hosting.io site|tb-hosting.com
site|transip.me sn|mynetname.net soc|srcf.net srvrless|rdpa.co ssl.origin|cdn77-secure.org ssl|origin.cdn77-secure.org
stage|nodeart.io static|observableusercontent.com studio.cn-north-1|sagemaker.com.cn studio|af-south-1.sagemaker.aws
studio|ap-east-1.sagemaker.aws studio|ap-northeast-1.sagemaker.aws studio|ap-northeast-2.sagemaker.aws
studio|ap-northeast-3.sagemaker.aws studio|ap-south-1.sagemaker.aws studio|ap-southeast-1.sagemaker.aws
studio|ap-southeast-2.sagemaker.aws studio|ap-southeast-3.sagemaker.aws studio|ca-central-1.sagemaker.aws
studio|cn-north-1.sagemaker.com.cn studio|cn-northwest-1.sagemaker.com.cn studio|eu-central-1.sagemaker.aws
studio|eu-central-2.sagemaker.aws studio|eu-north-1.sagemaker.aws studio|eu-south-1.sagemaker.aws
studio|eu-south-2.sagemaker.aws studio|eu-west-1.sagemaker.aws studio|eu-west-2.sagemaker.aws
studio|eu-west-3.sagemaker.aws studio|il-central-1.sagemaker.aws studio|me-central-1.sagemaker.aws
studio|me-south-1.sagemaker.aws studio|sa-east-1.sagemaker.aws studio|us-east-1.sagemaker.aws
studio|us-east-2.sagemaker.aws studio|us-gov-east-1.sagemaker.aws studio|us-gov-west-1.sagemaker.aws
studio|us-west-1.sagemaker.aws studio|us-west-2.sagemaker.aws t3|storage.dev t3|storageapi.dev
transfer-webapp.eusc-de-east-1.on|amazonwebservices.eu transfer-webapp.eusc-de-east-1|on.amazonwebservices.eu
transfer-webapp|ap-east-2.on.aws transfer-webapp|ap-southeast-6.on.aws
transfer-webapp|eusc-de-east-1.on.amazonwebservices.eu transfer-webapp|mx-central-1.on.aws
transfer-webapp|us-gov-east-1.on.aws transfer-webapp|us-gov-west-1.on.aws ui|nabu.casa up|railway.app
user|aseinet.ne.jp user|localcert.dev user|party.eus valer|ostfold.no vfs|cloud9.af-south-1.amazonaws.com
vfs|cloud9.ap-east-1.amazonaws.com vfs|cloud9.ap-northeast-1.amazonaws.com vfs|cloud9.ap-northeast-2.amazonaws.com
vfs|cloud9.ap-northeast-3.amazonaws.com vfs|cloud9.ap-south-1.amazonaws.com vfs|cloud9.ap-southeast-1.amazonaws.com
vfs|cloud9.ap-southeast-2.amazonaws.com vfs|cloud9.ca-central-1.amazonaws.com vfs|cloud9.eu-central-1.amazonaws.com
vfs|cloud9.eu-north-1.amazonaws.com vfs|cloud9.eu-south-1.amazonaws.com vfs|cloud9.eu-west-1.amazonaws.com
vfs|cloud9.eu-west-2.amazonaws.com vfs|cloud9.eu-west-3.amazonaws.com vfs|cloud9.il-central-1.amazonaws.com
vfs|cloud9.me-south-1.amazonaws.com vfs|cloud9.sa-east-1.amazonaws.com vfs|cloud9.us-east-1.amazonaws.com
vfs|cloud9.us-east-2.amazonaws.com vfs|cloud9.us-west-1.amazonaws.com vfs|cloud9.us-west-2.amazonaws.com
vip|jelastic.cloud vps|hrsn.net web.core|usgovcloudapi.net web.core|windows.net webpaas|ovh.net
webview-assets|aws-cloud9.af-south-1.amazonaws.com webview-assets|aws-cloud9.ap-east-1.amazonaws.com
webview-assets|aws-cloud9.ap-northeast-1.amazonaws.com webview-assets|aws-cloud9.ap-northeast-2.amazonaws.com
webview-assets|aws-cloud9.ap-northeast-3.amazonaws.com webview-assets|aws-cloud9.ap-south-1.amazonaws.com
webview-assets|aws-cloud9.ap-southeast-1.amazonaws.com webview-assets|aws-cloud9.ap-southeast-2.amazonaws.com
webview-assets|aws-cloud9.ca-central-1.amazonaws.com webview-assets|aws-cloud9.eu-central-1.amazonaws.com
webview-assets|aws-cloud9.eu-north-1.amazonaws.com webview-assets|aws-cloud9.eu-south-1.amazonaws.com
webview-assets|aws-cloud9.eu-west-1.amazonaws.com webview-assets|aws-cloud9.eu-west-2.amazonaws.com
webview-assets|aws-cloud9.eu-west-3.amazonaws.com webview-assets|aws-cloud9.il-central-1.amazonaws.com
webview-assets|aws-cloud9.me-south-1.amazonaws.com webview-assets|aws-cloud9.sa-east-1.amazonaws.com
webview-assets|aws-cloud9.us-east-1.amazonaws.com webview-assets|aws-cloud9.us-east-2.amazonaws.com
webview-assets|aws-cloud9.us-west-1.amazonaws.com webview-assets|aws-cloud9.us-west-2.amazonaws.com
web|core.usgovcloudapi.net web|core.windows.net wien|funkfeuer.at xen|prgmr.com xn--vler-qoa|xn--stfold-9xa.no
x|mythic-beasts.com
`;
